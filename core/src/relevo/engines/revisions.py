"""Which revision a store has, and what follows: make it, use it, upgrade it or refuse it.

Alembic's own table says it. A store at our revision, and an empty one, need no
Alembic; only an older one imports it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection

from pydantic import SecretStr
from sqlalchemy import Column, Dialect, MetaData, PrimaryKeyConstraint, String, Table, insert
from sqlalchemy.schema import CreateTable

from relevo.engines import schema
from relevo.engines.schema import creation
from relevo.errors import EngineUnavailable

VERSION_TABLE = "alembic_version"
READ_REVISION = "SELECT version_num FROM alembic_version"
_EPOCH_BYTES = 6
_SEAL_BYTES = 32
_KEY_BYTES = 8

# As Alembic makes it: a store it upgrades has the same.
_version = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)


def creation_with_stamp(dialect: Dialect) -> list[str]:
    """Write the statements that make an empty store ours, at our revision."""
    stamp = insert(_version).values(version_num=schema.REVISION)
    return [
        *creation(dialect),
        str(CreateTable(_version).compile(dialect=dialect)),
        str(stamp.compile(dialect=dialect, compile_kwargs={"literal_binds": True})),
    ]


def make_epoch() -> str:
    """Name a new life of the event log."""
    return secrets.token_hex(_EPOCH_BYTES)


def make_seal() -> SecretStr:
    """Make a store's secret."""
    return SecretStr(secrets.token_hex(_SEAL_BYTES))


def lock_key(schema: str) -> int:
    """Give the key of PostgreSQL's advisory lock on one schema: who holds it may change tables."""
    return _key("tables", schema)


def presence_key(schema: str) -> int:
    """Give the key of the advisory lock that every open engine shares.

    Who gets it alone knows that no engine is open on the schema.
    """
    return _key("engines", schema)


def _key(what: str, schema: str) -> int:
    digest = hashlib.blake2b(f"relevo:{what}:{schema}".encode(), digest_size=_KEY_BYTES).digest()
    return int.from_bytes(digest, signed=True)


def unknown_revision(where: object, found: str) -> EngineUnavailable:
    """Refuse a store that a newer Relevo wrote."""
    msg = (
        f"The store {where} has revision {found}, which this Relevo does not know (its own is "
        f"{schema.REVISION}). Use the newer Relevo that wrote it."
    )
    return EngineUnavailable(msg)


def without_revision(where: object) -> EngineUnavailable:
    """Refuse a store of ours from before revisions were kept."""
    msg = (
        f"The store {where} was made by a development version of Relevo, before any release, and "
        "cannot be upgraded. Move it away; the next start makes a new one."
    )
    return EngineUnavailable(msg)


def foreign_tables(where: object, tables: Collection[str], advice: str) -> EngineUnavailable:
    """Refuse a place where another program keeps tables of the same names."""
    names = ", ".join(sorted(tables))
    msg = f"The {where} has tables of another program with names Relevo needs ({names}). {advice}"
    return EngineUnavailable(msg)
