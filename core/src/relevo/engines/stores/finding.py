"""From an engine's address to its store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.errors import ConfigurationError

if TYPE_CHECKING:
    from relevo.engines.stores.port import Store  # needs an extra


def find_store(address: str) -> Store:
    """Give the store an engine's address names, without opening it.

    Raises:
        ConfigurationError: No store has such an address, or its extra is not installed.
    """
    scheme = address.partition("://")[0]
    if scheme not in _STORES:
        # Not the whole address: it may hold a password.
        msg = (
            f"An engine {scheme!r} has no store. Write sqlite:///relevo.db or "
            "postgresql://user@host:5432/database."
        )
        raise ConfigurationError(msg)
    try:
        return _STORES[scheme](address)
    except ModuleNotFoundError as error:
        extra = "sqlite" if scheme == "sqlite" else "postgres"
        msg = (
            f"The engine {scheme} needs {error.name!r}. Install it: pip install 'relevo[{extra}]'."
        )
        raise ConfigurationError(msg) from error


def _find_memory(address: str) -> Store:
    del address
    msg = (
        "The memory engine keeps nothing, so there is no store. Name one by --engine, or by "
        'engine = "sqlite:///relevo.db" in relevo.toml.'
    )
    raise ConfigurationError(msg)


def _find_sqlite(address: str) -> Store:
    from relevo.engines.stores.sqlite import SqliteStore  # noqa: PLC0415 - an extra

    where = address.partition("://")[2]
    if not where.startswith("/") or where == "/":
        msg = 'Write a SQLite store as "sqlite:///relevo.db" (here) or "sqlite:////var/relevo.db".'
        raise ConfigurationError(msg)
    return SqliteStore(Path(where[1:]))


def _find_postgres(address: str) -> Store:
    from relevo.engines.stores.postgres import PostgresStore  # noqa: PLC0415 - an extra

    return PostgresStore(address)


_STORES: Mapping[str, Callable[[str], Store]] = MappingProxyType(
    {
        "memory": _find_memory,
        "sqlite": _find_sqlite,
        "postgresql": _find_postgres,
        "postgres": _find_postgres,
    }
)
