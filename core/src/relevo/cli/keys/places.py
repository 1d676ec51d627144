"""Where keys are kept: in the store itself, or behind the server that has the store."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import anyio
from pydantic import SecretStr

from relevo.cli.keys.wanted import WantedKey, check_accounts
from relevo.config import load_settings, load_table, parse_settings
from relevo.engines.choosing import can_be_shared, open_engine
from relevo.engines.records import KeyRecord
from relevo.engines.stores.finding import find_store
from relevo.keys import make_key, usable
from relevo.server_address import VARIABLE, check_url, url_in

Row = Mapping[str, Any]
"""A key as the HTTP API tells it, without what opens the door."""

FIRST = "This is the first key: from now on every request to the server has to show one."
FIRST_IN_NEW_STORE = (
    "This is the first key, and its store was not there before: a server that starts on it wants "
    "a key with every request. One that runs already has another store and does not know this "
    "key; make one there by --url."
)
_MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that was just made: its text is nowhere else."""

    key: SecretStr
    row: Row
    notice: str | None = None


class KeyPlace(Protocol):
    """Somewhere that keys are kept."""

    @property
    def where(self) -> str:
        """Which place it is, in words without a secret."""
        ...

    def create(self, wanted: WantedKey) -> MadeKey:
        """Make a key.

        Raises:
            UnknownAccount: It is to be limited to accounts that are not there.
        """
        ...

    def rows(self) -> list[Row]:
        """Give all keys, newest first."""
        ...

    def revoke(self, key_id: str) -> bool:
        """Take a key back; a second time changes nothing. False: none has this id."""
        ...


def find_place(url: str | None, engine: str | None, config: Path | None) -> KeyPlace:
    """Choose who is asked: the store, unless a server has it or is named.

    Raises:
        ConfigurationError: The settings cannot be read, or name no store.
        EngineUnavailable: The store cannot be looked at.
    """
    if engine is None and url is not None:
        return ServerKeys(url)
    settings = load_settings(config)
    # An address may be a reference here as well: env:NAME or file:PATH.
    asked = settings if engine is None else parse_settings({"engine": engine})
    address = asked.engine or _MEMORY
    if address == _MEMORY or _is_taken(address):
        return ServerKeys(url or url_in(load_table("server", config)))
    return StoreKeys(address, frozenset(settings.accounts))


class StoreKeys:
    """Keys in a store that is opened for each answer.

    Args:
        address: Of the engine.
        accounts: Those that are configured here.
    """

    def __init__(self, address: str, accounts: frozenset[str]) -> None:
        self._address = address
        self._accounts = accounts

    @property
    def where(self) -> str:
        """The store, without its user and password."""
        return f"the store {find_store(self._address).name}"

    def create(self, wanted: WantedKey) -> MadeKey:
        """Make a key; the store is made too if there is none."""
        check_accounts(wanted.accounts, self._accounts)
        now = datetime.now(UTC)
        secret, record = make_key(
            name=wanted.name,
            scopes=wanted.scopes,
            accounts=wanted.accounts,
            rate=wanted.rate,
            expires_at=now + wanted.life if wanted.life else None,
            now=now,
        )

        async def add() -> str | None:
            new = (await find_store(self._address).look()).revision is None
            async with open_engine(self._address) as opened:
                first = not await opened.keys()
                await opened.add_key(record)
            if not first:
                return None
            return FIRST_IN_NEW_STORE if new else FIRST

        return MadeKey(secret, _row(record, now), anyio.run(add))

    def rows(self) -> list[Row]:
        """Give all keys; where there is no store yet there are none."""

        async def look() -> list[KeyRecord]:
            if (await find_store(self._address).look()).revision is None:
                return []
            async with open_engine(self._address) as opened:
                return await opened.keys()

        now = datetime.now(UTC)
        return [_row(record, now) for record in anyio.run(look)]

    def revoke(self, key_id: str) -> bool:
        """Take a key back."""

        async def revoke() -> bool:
            if (await find_store(self._address).look()).revision is None:
                return False
            async with open_engine(self._address) as opened:
                await opened.revoke_key(key_id)
                return await opened.key(key_id) is not None

        return anyio.run(revoke)


class ServerKeys:
    """Keys behind a running server, which wants to be shown one itself once there is any."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def where(self) -> str:
        """The server, and what else but the command line names it."""
        parts = urlsplit(check_url(self._url))
        named = f" ({VARIABLE})" if os.environ.get(VARIABLE) == self._url else ""
        return f"the server at {parts.scheme}://{parts.netloc.rpartition('@')[2]}{named}"

    def create(self, wanted: WantedKey) -> MadeKey:
        """Make a key."""
        from relevo.client import Client  # noqa: PLC0415 - heavy

        with Client(self._url, tries=1) as client:
            made = client.create_key(
                wanted.name,
                scopes=wanted.scopes,
                accounts=wanted.accounts,
                rate=wanted.rate,
                expires_at=datetime.now(UTC) + wanted.life if wanted.life else None,
            )
        row = made.model_dump(mode="json", exclude={"key", "notice"})
        return MadeKey(made.key, row, made.notice)

    def rows(self) -> list[Row]:
        """Give all keys that the shown key may see."""
        from relevo.client import Client  # noqa: PLC0415 - heavy

        with Client(self._url, tries=1) as client:
            rows = client.keys()
            return [row.model_dump(mode="json") for row in rows]

    def revoke(self, key_id: str) -> bool:
        """Take a key back; the server refuses an id that none has."""
        from relevo.client import Client  # noqa: PLC0415 - heavy

        with Client(self._url, tries=1) as client:
            client.revoke_key(key_id)
        return True


def _is_taken(address: str) -> bool:
    """Tell whether a process has a store that only one can have."""
    return not can_be_shared(address) and anyio.run(find_store(address).look).in_use


def _row(record: KeyRecord, now: datetime) -> Row:
    return {
        "id": record.key_id,
        "prefix": f"rlv_{record.key_id}",
        "name": record.name,
        "scopes": sorted(record.scopes),
        "accounts": None if record.accounts is None else sorted(record.accounts),
        "rate": record.rate,
        "active": usable(record, now),
        "created_at": _written(record.created_at),
        "expires_at": _written(record.expires_at),
        "revoked_at": _written(record.revoked_at),
        "last_used_at": _written(record.last_used_at),
    }


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
