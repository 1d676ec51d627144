"""Know how accounts are: ask them from time to time, keep the answer, learn their templates."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from typing import NoReturn

import anyio

from relevo.accounts import Account
from relevo.engines.port import AccountStates
from relevo.engines.records import HealthRecord
from relevo.errors import AuthFailed, EngineError, OutcomeUnknown, RelevoError, Unavailable
from relevo.providers import AccountHealth
from relevo.store_watch import StoreWatch

logger = logging.getLogger("relevo.accounts")

ASK_EVERY_S = 900.0
TEMPLATES_EVERY_S = 60.0
"""How often providers may learn their templates anew; each decides whether it is time."""
_FIRST_GAP_S = 30.0
"""A start asks at once, but not one start after the other."""
LOOK_EVERY_S = 30.0
"""How soon an account is asked anew whose answer was dropped, as a resume does."""
_JITTER = 0.1
_PATIENCE_S = 15.0


class AccountWatch:
    """Watch over accounts. Several may run on one store: one of them asks.

    Args:
        engine: Keeps the answers and the turns.
        accounts: The accounts by name.
        every_s: How often each is asked; 0: never by itself.
    """

    def __init__(
        self,
        engine: AccountStates,
        accounts: Mapping[str, Account],
        *,
        every_s: float = ASK_EVERY_S,
        store_watch: StoreWatch | None = None,
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._every_s = every_s
        self._store_watch = store_watch or StoreWatch()
        self._asking = {name: anyio.Lock() for name in accounts}

    async def run(self) -> None:
        """Ask again and again until cancelled; the first time at once."""
        gap_s = min(_FIRST_GAP_S, self._every_s)
        while self._every_s > 0:
            try:
                await self.ask_all(gap_s=gap_s)
            except EngineError as error:
                self._store_watch.failed("the watch over accounts", error)
            gap_s = self._every_s * (1 - 2 * _JITTER)
            drift = random.uniform(-_JITTER, _JITTER)  # noqa: S311 - no secret
            await self._wait(self._every_s * (1 + drift))

    async def ask_all(self, *, gap_s: float) -> list[str]:
        """Ask each account that nobody began to ask within `gap_s`; give their names.

        Raises:
            EngineError: Whose turn it is cannot be told.
        """
        askable = [name for name, one in self._accounts.items() if one.provider.has_health]
        return await self._ask_some(askable, gap_s=gap_s)

    async def ask_dropped(self) -> list[str]:
        """Ask the accounts whose last answer was dropped; give their names.

        Raises:
            EngineError: The answers cannot be read.
        """
        states = await self._engine.account_states()
        dropped = [
            name
            for name, one in self._accounts.items()
            if one.provider.has_health and name in states and _is_dropped(states[name].health)
        ]
        return await self._ask_some(dropped, gap_s=_FIRST_GAP_S)

    async def _wait(self, wait_s: float) -> None:
        """Wait for the next round; look meanwhile whose answer was dropped."""
        left_s = wait_s
        while left_s > LOOK_EVERY_S:
            await anyio.sleep(LOOK_EVERY_S)
            left_s -= LOOK_EVERY_S
            try:
                await self.ask_dropped()
            except EngineError as error:
                self._store_watch.failed("the watch over accounts", error)
        await anyio.sleep(left_s)

    async def _ask_some(self, names: Sequence[str], *, gap_s: float) -> list[str]:
        turns = [name for name in names if await self._engine.begin_health(name, gap_s=gap_s)]
        async with anyio.create_task_group() as tasks:
            for name in turns:
                tasks.start_soon(self._ask_quietly, name)
        return turns

    async def ask(self, name: str) -> None:
        """Ask how an account is and keep the answer; what changed is told as an event.

        Raises:
            NotSupported: Its provider cannot be asked.
            Unavailable: No answer that tells; what is kept stays as it is.
            TimeoutError: None in time.
            EngineError: The answer cannot be kept.
        """
        # One after the other: an older answer must not be kept over a newer one.
        async with self._asking[name]:
            await self._engine.note_health(name, await self._answer(name))

    async def keep_templates(self) -> NoReturn:
        """Let providers learn their templates again and again, wherever messages are accepted."""
        while True:
            await self.learn_templates()
            await anyio.sleep(TEMPLATES_EVERY_S)

    async def learn_templates(self) -> None:
        """Let each provider learn its templates anew if it is time; none keeps others waiting."""
        async with anyio.create_task_group() as tasks:
            for name, account in self._accounts.items():
                tasks.start_soon(_learn_templates, name, account)

    async def _answer(self, name: str) -> HealthRecord:
        known = (await self._engine.account_states()).get(name)
        try:
            with anyio.fail_after(_PATIENCE_S):
                told = await self._accounts[name].provider.health()
        except AuthFailed as error:
            facts = known.health.facts if known and known.health else {}
            return HealthRecord(can_send=False, facts=facts, problems=(error.message,))
        except OutcomeUnknown as error:
            # Nothing was to be changed by asking, so nothing is in doubt.
            msg = (
                f"Account {name!r}: its provider could not be asked how it is; no answer that "
                "tells came. Ask again."
            )
            raise Unavailable(msg, phase=error.phase, http_status=error.http_status) from error
        return health_told(told)

    async def _ask_quietly(self, name: str) -> None:
        try:
            await self.ask(name)
        except (RelevoError, TimeoutError) as error:
            logger.info("Account %r did not say how it is (%s).", name, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - a provider may raise anything
            logger.error("Account %r: health raised %s.", name, type(error).__name__)  # noqa: TRY400 - its words may hold a secret


def health_told(told: AccountHealth | None) -> HealthRecord:
    """Write down the answer of a provider whose account can send."""
    if told is None:
        return HealthRecord(can_send=True)
    return HealthRecord(can_send=True, facts=told.facts, problems=tuple(told.problems))


def _is_dropped(health: HealthRecord | None) -> bool:
    """Tell whether there was an answer that holds no longer, and nobody has asked since."""
    return health is not None and health.asked_at is None and health.begun_at is None


async def _learn_templates(name: str, account: Account) -> None:
    try:
        with anyio.fail_after(_PATIENCE_S):
            await account.provider.refresh_templates()
    except (RelevoError, TimeoutError) as error:
        logger.info("Account %r: its templates are not known (%s).", name, type(error).__name__)
    except Exception as error:  # noqa: BLE001 - a provider may raise anything
        logger.error("Account %r: templates raised %s.", name, type(error).__name__)  # noqa: TRY400 - its words may hold a secret
