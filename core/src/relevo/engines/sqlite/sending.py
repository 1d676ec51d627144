"""The SQLite engine's outbox, doubts and accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from uuid import UUID

from anyio import CancelScope

from relevo.engines.port import CancelOutcome
from relevo.engines.records import (
    Accepted,
    AccountState,
    Checks,
    Claim,
    Completion,
    Doubt,
    HealthRecord,
    IdempotencyKey,
    MessageRecord,
    ReplayQuery,
    Resolution,
    Settlement,
)
from relevo.engines.signal import seconds_until, wait_for
from relevo.engines.sqlite import archive, standing, waits
from relevo.engines.sqlite.core import SqliteCore
from relevo.engines.steps import (
    accepting,
    claiming,
    completing,
    doubts,
    health,
    pausing,
    withdrawing,
)
from relevo.errors import EngineError, Phase
from relevo.events import ErrorDetail
from relevo.messages import Message
from relevo.terms import AccountTerms


class SqliteSending(SqliteCore):
    """Accept, claim, complete, and settle what is in doubt."""

    async def accept(
        self,
        message: Message,
        *,
        provider: str,
        lane_key: str,
        idempotency: IdempotencyKey | None = None,
        checks: Checks | None = None,
    ) -> Accepted:
        """Keep a message at its lane's tail, or until its time."""
        return await self._write(
            lambda rows, now: accepting.accept(
                rows,
                message,
                provider=provider,
                lane_key=lane_key,
                idempotency=idempotency,
                checks=checks,
                now=now,
            ),
            may_refuse=True,
        )

    async def cancel(self, message_id: UUID) -> CancelOutcome:
        """Withdraw a message that waits."""
        return await self._write(
            lambda rows, now: withdrawing.cancel(rows, message_id, now), may_refuse=True
        )

    async def claim(
        self, worker: str, *, limit: int, lease_s: float, terms: Mapping[str, AccountTerms]
    ) -> list[Claim]:
        """Take the heads of due lanes. A caller who is cancelled meanwhile leaves none taken."""
        answer = self._opened().writer.submit(
            lambda rows: claiming.claim(
                rows,
                worker,
                limit=limit,
                lease_s=lease_s,
                terms=terms,
                turn=self._turns.next(),
                now=self._clock(),
            )
        )
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            with CancelScope(shield=True):
                await self._give_back(answer)
            raise

    async def _give_back(self, answer: asyncio.Future[list[Claim]]) -> None:
        with suppress(EngineError):  # what could not be claimed needs no giving back
            claims = await answer
            await self.complete([completing.not_begun(claim) for claim in claims])

    async def complete(self, completions: Sequence[Completion]) -> None:
        """Keep what became of attempts, also for somebody who is being cancelled."""
        await self._write(lambda rows, now: completing.complete(rows, completions, now))

    async def renew(self, claim: Claim, *, lease_s: float, phase: Phase | None = None) -> bool:
        """Lengthen a claim's lease, and write down how far its attempt has got."""
        return await self._write(
            lambda rows, now: completing.renew(rows, claim, lease_s, now, phase=phase)
        )

    async def wait_for_work(self, timeout_s: float, terms: Mapping[str, AccountTerms]) -> None:
        """Return when a lane of these accounts may be due, or after the time."""
        wake = self._work.next_wake()
        now = self._clock()
        ready_at = await self._read(lambda reader: waits.find_earliest_ready(reader, terms, now))
        await wait_for(wake, seconds_until(ready_at, now, timeout_s))

    async def replay(self, query: ReplayQuery) -> list[UUID]:
        """Put dead letters back at their lanes' tails."""
        by_hand = bool(query.message_ids)
        find = archive.find_named if by_hand else archive.find_dead
        found = await self._read(lambda reader: find(reader, query))
        return await self._write(
            lambda rows, now: withdrawing.replay(
                rows, found, now, strict=by_hand, visible=query.visible
            )
        )

    async def doubts(self, accounts: Collection[str], limit: int) -> list[Doubt]:
        """Give doubts that are due for a look."""
        now = self._clock()
        return await self._read(lambda reader: standing.find_doubts(reader, accounts, limit, now))

    async def settle(self, settlement: Settlement, terms: AccountTerms) -> bool:
        """Keep what a look led to."""
        return await self._write(lambda rows, now: doubts.settle(rows, settlement, terms, now))

    async def resolve(self, message_id: UUID, resolution: Resolution) -> MessageRecord:
        """End a doubt as a person decides."""
        return await self._write(
            lambda rows, now: doubts.resolve(rows, message_id, resolution, now)
        )

    async def wait_for_doubts(self, timeout_s: float) -> None:
        """Return when a doubt may be due, or after the time."""
        wake = self._doubted.next_wake()
        look_at = await self._read(waits.find_earliest_look)
        await wait_for(wake, seconds_until(look_at, self._clock(), timeout_s))

    async def account_states(self) -> dict[str, AccountState]:
        """Give the state of every account that has one."""
        return await self._read(standing.find_accounts)

    async def pause(self, account: str, error: ErrorDetail) -> None:
        """Stop claiming an account's messages."""
        await self._write(lambda rows, now: pausing.pause(rows, account, error, now))

    async def resume(self, account: str, *, why: str) -> bool:
        """Claim them again, now."""
        return await self._write(lambda rows, now: pausing.resume(rows, account, why, now))

    async def configured(self, fingerprints: Mapping[str, str]) -> None:
        """Say how accounts are configured now."""
        await self._write(lambda rows, now: pausing.configured(rows, fingerprints, now))

    async def begin_health(self, account: str, *, gap_s: float) -> bool:
        """Take the turn to ask how an account is."""
        return await self._write(lambda rows, now: health.begin(rows, account, gap_s, now))

    async def note_health(self, account: str, seen: HealthRecord) -> bool:
        """Keep how it is."""
        return await self._write(lambda rows, now: health.note(rows, account, seen, now))
