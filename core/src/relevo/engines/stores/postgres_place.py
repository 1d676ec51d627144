"""Reach one PostgreSQL schema, and speak of it and of what went wrong without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from relevo.engines.postgres.address import ADVICE, place_of
from relevo.engines.postgres.faults import STORE_ERRORS, Named
from relevo.engines.postgres.preparing import Connection, connect_unlimited
from relevo.errors import ConfigurationError

_SHOWN_OPTIONS = ("host", "port", "search_path")


def name_without_secrets(dsn: str) -> str:
    """Name host, database and schema; nothing of what could be a password."""
    scheme = dsn.partition("://")[0]
    place = place_of(dsn)
    if place is None or dsn.count("@") > 1:
        return scheme
    shown = [one for one in place.options if one.partition("=")[0] in _SHOWN_OPTIONS]
    options = f"?{'&'.join(shown)}" if shown else ""
    database = f"/{place.database}" if place.database else ""
    return f"{scheme}://{place.hosts}{database}{options}"


async def connect(dsn: str) -> Connection:
    """Connect once, without limits of time: what is done with a whole store may take long.

    Raises:
        ConfigurationError: It is no address of PostgreSQL.
        EngineUnavailable: Nobody answers there, or not to us.
    """
    if place_of(dsn) is None:
        raise ConfigurationError(ADVICE)
    try:
        with in_words(dsn):
            return await connect_unlimited(dsn)
    except ValueError:
        # What it says may quote a part of a password, and a traceback would show it.
        raise ConfigurationError(ADVICE) from None


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
