"""What must be done from time to time: expire, tidy the store, see whether paused accounts work."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import NoReturn

import anyio

from relevo.accounts import Account
from relevo.engines.port import Engine
from relevo.engines.records import HealthRecord, Purged, Retention
from relevo.engines.steps.pausing import BY_HAND
from relevo.errors import EngineError, RelevoError
from relevo.store_watch import StoreWatch
from relevo.watching import health_told

logger = logging.getLogger("relevo.upkeep")

TIDY_EVERY_S = 60.0
EXPIRE_EVERY_S = 1.0
_EXPIRED_AT_ONCE = 500
HEALTH_EVERY_S = 30.0
_BREATH_S = 0.05
_HEALTH_LIMIT_S = 15.0
HEALTHY = "healthy"


class Upkeep:
    """Keep a store small and accounts awake. Several may run on one store."""

    def __init__(
        self,
        engine: Engine,
        accounts: Mapping[str, Account],
        retention: Retention,
        *,
        store_watch: StoreWatch | None = None,
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._retention = retention
        self._store_watch = store_watch or StoreWatch()

    async def run(self) -> NoReturn:
        """Work until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._repeat_expire)
            tasks.start_soon(self._repeat_tidy)
            tasks.start_soon(self._repeat_wake)
            await anyio.sleep_forever()
        raise AssertionError  # pragma: no cover - sleep_forever never returns

    async def tidy(self) -> Purged:
        """Remove what need not be kept, in small rounds with room for others between them."""
        total = Purged()
        while True:
            round_ = await self._engine.tidy(self._retention)
            total = total.plus(round_)
            if not round_.more:
                return total
            await anyio.sleep(_BREATH_S)

    async def expire(self) -> int:
        """Retire all messages whose time is over, whatever they wait for; give how many."""
        total = 0
        while True:
            expired = await self._engine.expire(limit=_EXPIRED_AT_ONCE)
            total += expired
            if expired < _EXPIRED_AT_ONCE:
                return total
            await anyio.sleep(_BREATH_S)

    async def wake_accounts(self) -> list[str]:
        """Resume paused accounts whose provider says that they work again; give their names.

        What a person paused, a person resumes.
        """
        states = await self._engine.account_states()
        paused = [
            name
            for name, state in states.items()
            if state.paused_at is not None
            and name in self._accounts
            and not (state.pause_error and state.pause_error.code == BY_HAND)
        ]
        answers = {name: await self._ask(name) for name in paused}
        healthy = {name: seen for name, seen in answers.items() if seen is not None}
        for name, seen in healthy.items():
            await self._engine.resume(name, why=HEALTHY)
            # The answer that let it go on is the newest there is.
            await self._engine.note_health(name, seen)
        return list(healthy)

    async def _ask(self, name: str) -> HealthRecord | None:
        """Give what its provider says of an account that works; None: it does not, or is silent."""
        provider = self._accounts[name].provider
        if not provider.has_health:
            return None
        try:
            with anyio.fail_after(_HEALTH_LIMIT_S):
                told = await provider.health()
        except (RelevoError, TimeoutError):
            return None
        except Exception as error:  # noqa: BLE001 - a provider may raise anything
            logger.error("Account %r: health raised %s.", name, type(error).__name__)  # noqa: TRY400 - its words may hold a secret
            return None
        return health_told(told)

    async def _repeat_expire(self) -> None:
        while True:
            try:
                await self.expire()
            except EngineError as error:
                self._store_watch.failed("upkeep", error)
            await anyio.sleep(EXPIRE_EVERY_S)

    async def _repeat_tidy(self) -> None:
        while True:
            try:
                await self.tidy()
            except EngineError as error:
                self._store_watch.failed("upkeep", error)
            await anyio.sleep(TIDY_EVERY_S)

    async def _repeat_wake(self) -> None:
        while True:
            await anyio.sleep(HEALTH_EVERY_S)
            try:
                await self.wake_accounts()
            except EngineError as error:
                self._store_watch.failed("upkeep", error)
