"""What a key is to be, as the command line says it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from relevo.engines.records import Scope
from relevo.errors import ConfigurationError, UnknownAccount

LONGEST_NAME: Final = 100
MOST_PER_MINUTE: Final = 1_000_000
_LIFE: Final = re.compile(r"([1-9][0-9]{0,8})([smhdw])", re.ASCII)
_UNITS: Final = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_LONGEST_LIFE: Final = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class WantedKey:
    """A key that somebody asks for.

    Args:
        accounts: Only these; None: all.
        rate: Requests a minute; None: as the server is configured.
        life: After which it opens nothing; None: it has no end.
    """

    name: str
    scopes: frozenset[Scope]
    accounts: frozenset[str] | None
    rate: int | None
    life: timedelta | None


def read_wanted(
    name: str,
    scopes: Collection[Scope],
    accounts: Collection[str],
    rate: int | None,
    expires_in: str | None,
) -> WantedKey:
    """Check what was asked for.

    Raises:
        ConfigurationError: A part of it cannot be; the sentence says which and why.
    """
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        msg = f"Name the key in 1 to {LONGEST_NAME} visible characters: who or what uses it."
        raise ConfigurationError(msg)
    if rate is not None and not 0 < rate <= MOST_PER_MINUTE:
        msg = f"--rate {rate} is none: it counts requests a minute, 1 to {MOST_PER_MINUTE}."
        raise ConfigurationError(msg)
    return WantedKey(
        name=name,
        scopes=frozenset(scopes),
        accounts=frozenset(accounts) if accounts else None,
        rate=rate,
        life=None if expires_in is None else _read_life(expires_in),
    )


def check_accounts(asked: Collection[str] | None, known: Collection[str]) -> None:
    """Make sure that a key is limited to accounts that are there.

    Raises:
        UnknownAccount: Names those that are not, and those that are.
    """
    missing = sorted(set(asked or ()) - set(known))
    if missing:
        there = f"Known: {', '.join(sorted(known))}." if known else "None is configured here."
        named = ", ".join(map(repr, missing))
        msg = f"No account {named} is configured. {there} A key is for accounts that are there."
        raise UnknownAccount(msg)


def _read_life(text: str) -> timedelta:
    found = _LIFE.fullmatch(text.strip())
    life = int(found[1]) * _UNITS[found[2]] if found else timedelta()
    if not timedelta() < life <= _LONGEST_LIFE:
        msg = (
            f"--expires-in {text!r} is no time: write a number and one of s, m, h, d and w, "
            "such as 12h or 30d."
        )
        raise ConfigurationError(msg)
    return life
