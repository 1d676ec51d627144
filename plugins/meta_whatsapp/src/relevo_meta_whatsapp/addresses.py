"""Which spellings of an address mean the same person: WhatsApp's national rules.

One person can be written in two ways in some countries, and WhatsApp itself
answers with another spelling than it was given. The wire keeps what was given;
only lanes, threads and comparisons use the canonical spelling.
"""

from __future__ import annotations

import re
from typing import NamedTuple

TEL = "tel"
USER = "wa_user"
"""A business-scoped user id, for people who hide their number."""
GROUP = "wa_group"

_FURNITURE = str.maketrans("", "", "+-() ")
_DIGITS = re.compile(r"[0-9]{5,15}")
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,132}")
_DIALLED = "00"
"""What people dial for the + of a number; no country code begins with 0."""
_FEWEST_DIGITS = 5


class NationalRule(NamedTuple):
    """Rewrite one country's second spelling of a mobile number to the canonical one."""

    country: str
    spelling: str
    canonical: str


NATIONAL_RULES = (
    # The 9 marks mobiles dialled from abroad; people leave it out, wa_id carries it.
    NationalRule("Argentina", r"549([0-9]{10})", r"54\1"),
    # The 1 for mobiles was abolished in 2019; many a wa_id still carries it.
    NationalRule("Mexico", r"521([0-9]{10})", r"52\1"),
    # Mobiles got a ninth digit by 2016; wa_ids older than that lack it. Eight digits that begin
    # with 2 to 5 are landlines: somebody else than the mobile with a 9 before them.
    NationalRule("Brazil", r"55([1-9][0-9])9([6-9][0-9]{7})", r"55\1\2"),
)


def digits_of(value: str) -> str:
    """Remove what people write between the digits of a phone number."""
    return value.translate(_FURNITURE)


def canonical_digits(digits: str) -> str:
    """Spell a number the one way that all of its spellings share; a leading 00 is a dialled +."""
    plain = digits.removeprefix(_DIALLED)
    if len(plain) >= _FEWEST_DIGITS:
        digits = plain
    for rule in NATIONAL_RULES:
        if match := re.fullmatch(rule.spelling, digits):
            return match.expand(rule.canonical)
    return digits


def is_user_id(value: str) -> bool:
    """Tell whether this has the form of a business-scoped user id."""
    return _USER_ID.fullmatch(value) is not None


def scheme_of(identifier: str) -> str:
    """Tell whether an id in a phone's place is a phone: since 2026 user ids turn up there too."""
    return TEL if _DIGITS.fullmatch(identifier) else USER
