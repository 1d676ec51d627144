"""Look at doubts when they are due: ask the vendor where it can be asked, then go by the rule."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import NoReturn

import anyio

from relevo.accounts import Account
from relevo.capabilities import Capability
from relevo.engines.port import Doubts
from relevo.engines.records import Doubt, Resolution, Settlement
from relevo.errors import EngineError, RelevoError
from relevo.events import Receipt
from relevo.meter import Meter, NoMeter
from relevo.providers import Lookup, lanes_told
from relevo.reconcile import EchoChannel, reconcile
from relevo.store_watch import StoreWatch
from relevo.terms import AccountTerms

logger = logging.getLogger("relevo.reconciler")

LOOKED_UP = "looked_up"
_POLL_S = 1.0
_BREATH_S = 0.1
_BATCH = 50
_LOOKUP_S = 15.0


class Reconciler:
    """Settle what can be settled without a person."""

    def __init__(
        self,
        engine: Doubts,
        accounts: Mapping[str, Account],
        terms: Mapping[str, AccountTerms],
        *,
        meter: Meter | None = None,
        store_watch: StoreWatch | None = None,
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._terms = terms
        self._meter = meter or NoMeter()
        self._store_watch = store_watch or StoreWatch()

    async def run(self) -> NoReturn:
        """Look at doubts as they become due, until cancelled."""
        while True:
            try:
                if not await self.look():
                    await self._engine.wait_for_doubts(_POLL_S)
                    # A due doubt of an account that others serve must not make this a busy loop.
                    await anyio.sleep(_BREATH_S)
            except EngineError as error:
                self._store_watch.failed("the reconciler", error)
                await anyio.sleep(_POLL_S)

    async def look(self) -> int:
        """Look at what is due now, each doubt apart; give how many there were."""
        doubts = await self._engine.doubts(tuple(self._accounts), _BATCH)
        for doubt in doubts:
            settlement = await self._judge(doubt)
            ended = await self._engine.settle(settlement, self._terms[doubt.account])
            # Looking again and holding it for a person settle nothing.
            if ended and settlement.resolution is not None:
                self._meter.settled(doubt.account, settlement.why)
        return len(doubts)

    async def _judge(self, doubt: Doubt) -> Settlement:
        provider = self._accounts[doubt.account].provider
        if provider.has_lookup:
            found = await self._look_up(doubt)
            if found is not None:
                return found
        channel = EchoChannel(
            wait_s=self._terms[doubt.account].reconcile_after_s,
            echoes=Capability.ECHO in provider.capabilities and provider.webhooks_configured,
            may_hold_back=provider.may_hold_back(doubt.message),
        )
        return reconcile(doubt, channel)

    async def _look_up(self, doubt: Doubt) -> Settlement | None:
        """Ask the vendor; None where it cannot tell."""
        provider = self._accounts[doubt.account].provider
        message = doubt.message.for_attempt(doubt.record.attempt)
        found: Receipt | Lookup = Lookup.UNDECIDED
        try:
            with anyio.move_on_after(_LOOKUP_S):
                found = await provider.lookup(message, doubt.provider_message_id)
        except RelevoError as error:
            logger.warning("Account %r: a lookup failed: %s", doubt.account, error.code)
        except Exception as error:  # noqa: BLE001 - a provider may raise anything
            name = type(error).__name__
            logger.error("Account %r: lookup raised %s.", doubt.account, name)  # noqa: TRY400 - its words may hold an address
        attempt = doubt.record.attempt
        if isinstance(found, Receipt):
            return Settlement(
                message.message_id,
                attempt,
                LOOKED_UP,
                Resolution.SENT,
                receipt=found,
                aliases=lanes_told(provider, found),
            )
        if found is Lookup.NOT_TAKEN:
            return Settlement(message.message_id, attempt, LOOKED_UP, Resolution.RESEND)
        return None
