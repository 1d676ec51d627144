"""The memory engine's outbox, doubts and accounts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from anyio.lowlevel import cancel_shielded_checkpoint, checkpoint

from relevo.engines.memory import looking
from relevo.engines.memory.core import MemoryCore
from relevo.engines.memory.upkeep import expire_due
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
from relevo.engines.steps import (
    accepting,
    claiming,
    completing,
    doubts,
    health,
    pausing,
    withdrawing,
)
from relevo.errors import Phase
from relevo.events import ErrorDetail
from relevo.messages import Message
from relevo.terms import AccountTerms


class MemorySending(MemoryCore):
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
        await checkpoint()
        with self._unit() as now:
            return accepting.accept(
                self._rows,
                message,
                provider=provider,
                lane_key=lane_key,
                idempotency=idempotency,
                checks=checks,
                now=now,
            )

    async def cancel(self, message_id: UUID) -> CancelOutcome:
        """Withdraw a message that waits."""
        await checkpoint()
        with self._unit() as now:
            return withdrawing.cancel(self._rows, message_id, now)

    async def expire(self, *, limit: int = 500) -> int:
        """Retire waiting messages whose time is over."""
        await checkpoint()
        with self._unit() as now:
            return expire_due(self._rows, limit, now)

    async def claim(
        self, worker: str, *, limit: int, lease_s: float, terms: Mapping[str, AccountTerms]
    ) -> list[Claim]:
        """Take the heads of due lanes."""
        await checkpoint()
        with self._unit() as now:
            return claiming.claim(
                self._rows,
                worker,
                limit=limit,
                lease_s=lease_s,
                terms=terms,
                turn=self._turns.next(),
                now=now,
            )

    async def complete(self, completions: Sequence[Completion]) -> None:
        """Keep what became of attempts, also for somebody who is being cancelled."""
        await cancel_shielded_checkpoint()
        with self._unit() as now:
            completing.complete(self._rows, completions, now)

    async def renew(self, claim: Claim, *, lease_s: float, phase: Phase | None = None) -> bool:
        """Lengthen a claim's lease, and write down how far its attempt has got."""
        await checkpoint()
        with self._unit() as now:
            return completing.renew(self._rows, claim, lease_s, now, phase=phase)

    async def wait_for_work(self, timeout_s: float, terms: Mapping[str, AccountTerms]) -> None:
        """Return when a lane of these accounts may be due, or after the time."""
        wake = self._changed.next_wake()
        now = self._clock()
        ready_at = looking.earliest_ready(self._rows, terms, now)
        await wait_for(wake, seconds_until(ready_at, now, timeout_s))

    async def replay(self, query: ReplayQuery) -> list[UUID]:
        """Put dead letters back at their lanes' tails."""
        await checkpoint()
        with self._unit() as now:
            by_hand = bool(query.message_ids)
            found = looking.find_named if by_hand else looking.find_dead
            return withdrawing.replay(
                self._rows,
                found(self._rows, query),
                now,
                strict=by_hand,
                visible=query.visible,
            )

    async def doubts(self, accounts: Collection[str], limit: int) -> list[Doubt]:
        """Give doubts that are due for a look."""
        await checkpoint()
        return looking.find_doubts(self._rows, accounts, limit, self._clock())

    async def settle(self, settlement: Settlement, terms: AccountTerms) -> bool:
        """Keep what a look led to."""
        await checkpoint()
        with self._unit() as now:
            return doubts.settle(self._rows, settlement, terms, now)

    async def resolve(self, message_id: UUID, resolution: Resolution) -> MessageRecord:
        """End a doubt as a person decides."""
        await checkpoint()
        with self._unit() as now:
            return doubts.resolve(self._rows, message_id, resolution, now)

    async def wait_for_doubts(self, timeout_s: float) -> None:
        """Return when a doubt may be due, or after the time."""
        wake = self._changed.next_wake()
        await wait_for(wake, seconds_until(self._rows.earliest_look(), self._clock(), timeout_s))

    async def account_states(self) -> dict[str, AccountState]:
        """Give the state of every account that has one."""
        await checkpoint()
        return dict(self._rows.accounts)

    async def pause(self, account: str, error: ErrorDetail) -> None:
        """Stop claiming an account's messages."""
        await checkpoint()
        with self._unit() as now:
            pausing.pause(self._rows, account, error, now)

    async def resume(self, account: str, *, why: str) -> bool:
        """Claim them again, now."""
        await checkpoint()
        with self._unit() as now:
            return pausing.resume(self._rows, account, why, now)

    async def configured(self, fingerprints: Mapping[str, str]) -> None:
        """Say how accounts are configured now."""
        await checkpoint()
        with self._unit() as now:
            pausing.configured(self._rows, fingerprints, now)

    async def begin_health(self, account: str, *, gap_s: float) -> bool:
        """Take the turn to ask how an account is."""
        await checkpoint()
        with self._unit() as now:
            return health.begin(self._rows, account, gap_s, now)

    async def note_health(self, account: str, seen: HealthRecord) -> bool:
        """Keep how it is."""
        await checkpoint()
        with self._unit() as now:
            return health.note(self._rows, account, seen, now)
