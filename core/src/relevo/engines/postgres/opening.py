"""Open the store: the server's version, the tables, and where the log stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from relevo.engines.postgres.connections import Connections
from relevo.engines.postgres.faults import STORE_ERRORS
from relevo.engines.postgres.preparing import Connection, prepare
from relevo.engines.revisions import make_seal
from relevo.errors import EngineUnavailable

OLDEST: Final = 14
_STATE: Final = """
SELECT current_schema() AS schema, h.position, m.value AS epoch,
  pg_get_serial_sequence('message', 'sequence') AS counter
FROM event_head AS h, meta AS m WHERE m.name = 'epoch'
"""
_SEAL: Final = "SELECT value FROM meta WHERE name = 'seal'"
_KEEP_SEAL: Final = "INSERT INTO meta VALUES ('seal', $1) ON CONFLICT (name) DO NOTHING"
_VERSION: Final = "SELECT current_setting('server_version_num')::int"
_VERSION_UNIT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Store:
    """A store that is as this engine needs it.

    Args:
        schema: Where its tables are.
        head: The newest position of the log.
        epoch: The log's life.
        counter: What numbers messages.
        seal: Its secret.
    """

    schema: str
    head: int
    epoch: str
    counter: str
    seal: SecretStr


async def open_store(connections: Connections) -> Store:
    """Make the tables or upgrade them; give where the log stands.

    Raises:
        EngineUnavailable: It is too old, not ours, newer than we are, or away.
    """
    connection = await connections.connect()
    try:
        version = await connection.fetchval(_VERSION)
        if version // _VERSION_UNIT < OLDEST:
            msg = (
                f"The PostgreSQL database {connections.named} is of version "
                f"{version // _VERSION_UNIT}; Relevo needs {OLDEST} or newer."
            )
            raise EngineUnavailable(msg)
        await prepare(connection, connections.dsn)
        row = await connection.fetchrow(_STATE)
        if row is None:
            msg = (
                f"The store in {connections.named} has lost the head of its log; "
                "restore it from a backup."
            )
            raise EngineUnavailable(msg)
        seal = await _find_seal(connection)
        return Store(row["schema"], row["position"], row["epoch"], row["counter"], seal)
    except STORE_ERRORS as error:
        raise connections.named.unavailable(error) from error
    finally:
        connection.terminate()


async def _find_seal(connection: Connection) -> SecretStr:
    kept = await connection.fetchval(_SEAL)
    if kept is None:
        await connection.execute(_KEEP_SEAL, make_seal().get_secret_value())
        # Another machine may have been first.
        kept = await connection.fetchval(_SEAL)
    return SecretStr(str(kept))
