"""Read an address of PostgreSQL so strictly that nothing of a password is taken for a place."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import unquote

ADVICE: Final = (
    'Write the PostgreSQL engine as "postgresql://user@host:5432/database". In a user or a '
    "password write special characters as % codes: %40 for @, %2F for /, %3A for :, %23 for #, "
    "%3F for ?."
)
_NAME: Final = r"(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})*"
"""A host, or as libpq has it the folder of a socket: %2Fvar%2Frun%2Fpostgresql."""
_HOST: Final = rf"(?:\[[0-9A-Fa-f:.]+\]|{_NAME})(?::[0-9]{{1,5}})?"
_READABLE: Final = re.compile(
    rf"(?:[^/?#\[\]]*@)?(?P<hosts>{_HOST}(?:,{_HOST})*)"
    r"(?:/(?P<database>[^@/?#]*))?(?:\?(?P<options>[^@#?]*))?",
)
"""A password with a bare / ? or # would end up in one of the other parts: then nothing fits."""


class Place(NamedTuple):
    """What may be shown of an address: never its user or password."""

    hosts: str
    database: str
    options: tuple[str, ...]

    @property
    def in_words(self) -> str:
        """Name the database and where it is: a server, or the folder of its socket."""
        named = (option.removeprefix("host=") for option in self.options if option[:5] == "host=")
        where = unquote(self.hosts) or unquote(next(named, "")) or "the local socket"
        return f"{unquote(self.database) or 'postgres'} at {where}"


def place_of(dsn: str) -> Place | None:
    """Give what may be shown of an address; None: it cannot be told from a password."""
    found = _READABLE.fullmatch(dsn.partition("://")[2])
    if found is None:
        return None
    options = (found["options"] or "").split("&")
    return Place(found["hosts"], found["database"] or "", tuple(filter(None, options)))
