"""Reach one PostgreSQL schema, and speak of it and of what went wrong without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from relevo.engines.postgres.faults import STORE_ERRORS, Named
from relevo.engines.postgres.preparing import Connection, connect_unlimited
from relevo.errors import ConfigurationError

_SAFE_TO_SHOW = re.compile(r"(?:[^@/?#]*@)?([^@/?#]*(?:/[^@/?#]*)?)(?:\?([^@]*))?")
_SHOWN_OPTIONS = ("host", "port", "search_path")


def name_without_secrets(dsn: str) -> str:
    """Name host, database and schema; nothing of what could be a password."""
    scheme, _, rest = dsn.partition("://")
    parts = _SAFE_TO_SHOW.fullmatch(rest)
    if parts is None:
        return scheme
    options = "&".join(
        option
        for option in (parts[2] or "").split("&")
        if option.partition("=")[0] in _SHOWN_OPTIONS
    )
    return f"{scheme}://{parts[1]}{'?' if options else ''}{options}"


async def connect(dsn: str) -> Connection:
    """Connect once, without limits of time: what is done with a whole store may take long.

    Raises:
        ConfigurationError: It is no address of PostgreSQL.
        EngineUnavailable: Nobody answers there, or not to us.
    """
    try:
        with in_words(dsn):
            return await connect_unlimited(dsn)
    except ValueError:
        # What it says may quote a part of a password.
        msg = (
            f"{name_without_secrets(dsn)} cannot be read as an address. Write "
            "postgresql://user@host:5432/database?search_path=relevo, with % codes for special "
            "characters in a password."
        )
    raise ConfigurationError(msg)


@contextmanager
def in_words(dsn: str) -> Iterator[None]:
    """Say which database failed and why, without secrets and anybody's data.

    Raises:
        EngineUnavailable: Instead of PostgreSQL's errors and the system's.
    """
    try:
        yield
    except asyncpg.ClientConfigurationError:
        raise  # a ValueError of its own kind
    except STORE_ERRORS as error:
        raise Named(dsn).unavailable(error) from None
