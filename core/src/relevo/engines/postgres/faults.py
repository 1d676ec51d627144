"""PostgreSQL's errors in words that say what to do. Never an address' user or password."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import asyncpg

from relevo.engines.postgres.address import place_of
from relevo.errors import EngineUnavailable

_ADVICE: Final = MappingProxyType(
    {
        "53100": "its disk is full; free some space and it goes on by itself",
        "53300": "it has no connection left; raise max_connections, or use fewer machines",
        "25006": "it is read only, as a standby is; connect to the primary",
        "57P01": "it is being shut down or restarted; it goes on by itself when that is over",
        "57P02": "it crashed; it goes on by itself when it is back",
        "57P03": "it is starting up or shutting down; it goes on by itself when it is back",
        "57014": "a statement took too long; see its log for what holds it up",
        "55P03": "a lock was held for too long; see its log for who holds it",
        "28P01": "it refuses the password; check the address in the settings",
        "28000": "it refuses the user; check the address in the settings and pg_hba.conf",
        "3D000": "the database is not there; create it",
        "42501": "the user may not do this; grant it what it needs on the schema",
        "55000": "it is in no state for this, as while it recovers; its own log tells why",
        "42P01": "a table is missing; restore it from a backup",
    }
)
_AWAY: Final = "it cannot be reached; check that it runs and that the network lets us through"
_ELSE: Final = "PostgreSQL's own log tells more; nothing of this change was kept"
_CLASS_CONNECTION: Final = "08"

_OUTAGES: Final = frozenset(
    {"53100", "53300", "25006", "57P01", "57P02", "57P03", "28P01", "28000", "3D000"}
)
"""Codes of what keeps the whole database from us, not of what was asked."""

LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""What a connection ends in that is not the fault of what was asked."""
RING: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""Two transactions waited for each other: one of them begins again."""
OF_VALUES: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
"""What one value can cause, apart from its neighbours."""
STORE_ERRORS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, *LOST)


def is_lost(error: BaseException) -> bool:
    """Whether the connection is gone, so that another one may do."""
    # The library says InterfaceError of a connection that was closed under it.
    return isinstance(error, (asyncpg.InterfaceError, *LOST))


def is_outage(error: BaseException) -> bool:
    """Whether the database is away or can keep nothing, whatever it is asked."""
    code = getattr(error, "sqlstate", None) or ""
    return is_lost(error) or code in _OUTAGES or code.startswith(_CLASS_CONNECTION)


class Named:
    """A database in words, without the user and the password.

    Args:
        dsn: Its address.
    """

    def __init__(self, dsn: str) -> None:
        place = place_of(dsn)
        self.text = "(its address cannot be read)" if place is None else place.in_words

    def __str__(self) -> str:
        return self.text

    def unavailable(self, error: BaseException) -> EngineUnavailable:
        """Say which database, what was seen, and what to do."""
        code = getattr(error, "sqlstate", None)
        seen = type(error).__name__ if code is None else f"{type(error).__name__}, {code}"
        advice = _ADVICE.get(code or "")
        if advice is None:
            away = is_lost(error) or (code or "").startswith(_CLASS_CONNECTION)
            advice = _AWAY if away else _ELSE
        return EngineUnavailable(f"The PostgreSQL database {self.text} failed ({seen}): {advice}.")

    def in_doubt(self) -> EngineUnavailable:
        """Say that a change may have been kept."""
        return EngineUnavailable(
            f"The PostgreSQL database {self.text} was lost during a commit, so whether this "
            "change was kept is not known. Look before you repeat it; accepting the same "
            "message_id or idempotency key again is safe."
        )
