"""Make the engine an address names; its libraries are imported only then."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from relevo.engines.memory import MemoryEngine
from relevo.engines.port import Clock, Engine
from relevo.errors import ConfigurationError
from relevo.events import utc_now

POSTGRES_SCHEMES = ("postgresql", "postgres")
_NO_PORT = re.compile(r":0*(?:,|$)")


def open_engine(address: str, clock: Clock | None = None) -> Engine:
    """Make the engine an address names; enter it to open it.

    Args:
        address: `memory`, `sqlite:///relevo.db` or `postgresql://user@host/database`.
        clock: Tells the time instead of the engine's own clock.

    Raises:
        ConfigurationError: Nobody knows such an engine, or its extra is not installed.
    """
    scheme, _, where = address.partition("://")
    if scheme not in _ENGINES:
        known = ", ".join(_ENGINES)
        msg = f"No engine {scheme!r}. Known: {known} (as in sqlite:///relevo.db)."
        raise ConfigurationError(msg)
    return _ENGINES[scheme](where, clock)


def can_be_shared(address: str) -> bool:
    """Whether several processes can have this engine open at once."""
    return address.partition("://")[0] in POSTGRES_SCHEMES


def _open_memory(where: str, clock: Clock | None) -> Engine:
    if where:
        msg = f'The memory engine has no address; write engine = "memory", not memory://{where}.'
        raise ConfigurationError(msg)
    return MemoryEngine(clock or utc_now)


def _open_sqlite(where: str, clock: Clock | None) -> Engine:
    try:
        from relevo.engines.sqlite import SqliteEngine  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        msg = f"The SQLite engine needs {error.name!r}. Install it: pip install 'relevo[sqlite]'."
        raise ConfigurationError(msg) from error
    if not where.startswith("/") or where == "/":
        msg = (
            'Write the SQLite engine as "sqlite:///relevo.db" (here) or "sqlite:////var/relevo.db".'
        )
        raise ConfigurationError(msg)
    return SqliteEngine(Path(where[1:]), clock or utc_now)


def _open_postgres(where: str, clock: Clock | None) -> Engine:
    try:
        from relevo.engines.postgres import PostgresEngine  # noqa: PLC0415 - an extra
        from relevo.engines.postgres.address import ADVICE, place_of  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        msg = (
            f"The PostgreSQL engine needs {error.name!r}. "
            "Install it: pip install 'relevo[postgres]'."
        )
        raise ConfigurationError(msg) from error
    dsn = f"postgresql://{where}"
    place = place_of(dsn)
    if place is None or not place.database or _NO_PORT.search(place.hosts):
        # Nothing of it is shown: a password may be in it.
        raise ConfigurationError(ADVICE)
    return PostgresEngine(dsn, clock=clock)


_ENGINES: Mapping[str, Callable[[str, Clock | None], Engine]] = MappingProxyType(
    {
        "memory": _open_memory,
        "sqlite": _open_sqlite,
        **dict.fromkeys(POSTGRES_SCHEMES, _open_postgres),
    }
)
