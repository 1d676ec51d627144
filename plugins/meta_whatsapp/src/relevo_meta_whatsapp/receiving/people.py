"""Who an item is about: one person under several names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import NamedTuple

from pydantic import JsonValue

from relevo import Address, PersonUpdate
from relevo_meta_whatsapp.addresses import GROUP, scheme_of
from relevo_meta_whatsapp.receiving.reading import (
    JsonObject,
    find_moment,
    find_object,
    find_text,
)

ALIAS = "alias"
PREFERENCE = "preference"

SENDER = ("from", "from_user_id", "from_parent_user_id")
ADDRESSEE = ("to", "to_user_id", "to_parent_user_id")
# The last one has had three names (2025-12 to 2026-09).
RECIPIENT = (
    "recipient_id",
    "recipient_user_id",
    "recipient_parent_user_id",
    "parent_recipient_user_id",
    "parent_user_id",
)
PARTICIPANT = ("recipient_participant_id", "recipient_participant_user_id")
CONTACT = ("wa_id", "user_id", "parent_user_id")

_LONGEST = 256
_KNOWN_FORM = re.compile(r"[0-9]{5,15}|[A-Za-z]+(?:\.[A-Za-z0-9_-]+)+")
"""A phone number, or an id such as ES.7Hq2 or the early user.9f. Only these join people."""
Named = tuple[JsonValue | JsonObject, Sequence[str]]
"""An object, and the keys under which it may name a person."""

_ALLOWED = MappingProxyType({"stop": False, "resume": True})


class Person(NamedTuple):
    """A person's address and the other ones they go by."""

    address: Address
    aliases: tuple[Address, ...] = ()


def find_person(*named: Named) -> Person | None:
    """Find the person that objects name under keys; the first name is the address.

    Names that nobody can have are passed over: another one may do. An address of
    a form yet unknown joins nobody.
    """
    names = _names(named)
    first = next(iter(names), None)
    if first is None:
        return None
    aliases = find_addresses(*named)[1:] if _KNOWN_FORM.fullmatch(first) else ()
    return Person(address_of(first), aliases)


def find_addresses(*named: Named) -> tuple[Address, ...]:
    """Find all addresses of a known form that objects name under keys."""
    return tuple(address_of(name) for name in _names(named) if _KNOWN_FORM.fullmatch(name))


def find_group(element: JsonObject, *keys: str) -> Person | None:
    """Find the group that stands in a person's place."""
    if element.get("recipient_type") != "group" and find_text(element, "group_id") is None:
        return None
    found = next(iter(_names([(element, ("group_id", *keys))])), None)
    return None if found is None else Person(Address(GROUP, found))


def address_of(identifier: str) -> Address:
    """Name a person by an id of either kind."""
    return Address(scheme_of(identifier), identifier)


def profile_name(contact: JsonValue) -> str | None:
    """Read the name a person goes by, or their username where they show no name."""
    profile = find_object(contact, "profile")
    return find_text(profile, "name") or find_text(profile, "username")


def parse_preference(raw: JsonObject, element: JsonObject) -> PersonUpdate | None:
    """Tell what a person wants to be sent; None where nobody is named."""
    person = find_person((element, CONTACT), (raw.get("contact"), CONTACT))
    if person is None:
        return None
    return PersonUpdate(
        person.address,
        PREFERENCE,
        aliases=person.aliases,
        category=find_text(element, "category"),
        allowed=_ALLOWED.get((find_text(element, "value") or "").lower()),
        raw=dict(element),
        occurred_at=find_moment(element, "timestamp"),
    )


def parse_identity(raw: JsonObject, element: JsonObject) -> PersonUpdate | None:
    """Tell a person's new user id; None where nobody is named."""
    ids = find_object(element, "user_id")
    parents = find_object(element, "parent_user_id")
    found = find_addresses(
        (element, ("wa_id",)),
        (ids, ("current", "previous")),
        (parents, ("current", "previous")),
        (raw.get("contact"), CONTACT),
    )
    if not found:
        return None
    moment = find_moment(element, "timestamp")
    return PersonUpdate(found[0], ALIAS, aliases=found[1:], raw=dict(element), occurred_at=moment)


def _names(named: Sequence[Named]) -> dict[str, None]:
    return dict.fromkeys(
        name
        for source, keys in named
        for key in keys
        if (name := find_text(source, key)) is not None
        and len(name) <= _LONGEST
        and name.isprintable()
    )
