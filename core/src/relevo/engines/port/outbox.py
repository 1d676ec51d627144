"""The outbox: what is to be sent, and in whose hands it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from relevo.engines.records import (
    Accepted,
    Checks,
    Claim,
    Completion,
    IdempotencyKey,
    PersonRecord,
    ReplayQuery,
)
from relevo.errors import Phase
from relevo.messages import Message
from relevo.terms import AccountTerms


class CancelOutcome(StrEnum):
    """What came of asking to cancel."""

    CANCELLED = "cancelled"
    TOO_LATE = "too_late"


class Outbox(Protocol):
    """Durable to-send state: accept, claim, complete."""

    async def accept(
        self,
        message: Message,
        *,
        provider: str,
        lane_key: str,
        idempotency: IdempotencyKey | None = None,
        checks: Checks | None = None,
    ) -> Accepted:
        """Keep a message at its lane's tail, or until its `send_at`, with its first event.

        `message.account` is set. Accepting a `message_id` again gives the record
        as it is and changes nothing; so does a known idempotency key with the
        same fingerprint, while its message is open and a day after. `checks` say what
        is looked at of the person first; what speaks against it is kept as `warnings`.

        Raises:
            InvalidMessage: It is not known and its `expires_at` is past; nothing was kept.
            WindowClosed: The checks say to refuse it; nothing was kept.
            OptedOut: The checks say to refuse it; nothing was kept.
            IdempotencyConflict: The key was used for something else; nothing was kept.
            EngineBusy: Too many writes wait; nothing was kept.
            EngineUnavailable: The store cannot be written.
        """
        ...

    async def person(self, account: str, lane_key: str) -> PersonRecord:
        """Tell what is known about a person by the lane of any of their addresses."""
        ...

    async def cancel(self, message_id: UUID) -> CancelOutcome:
        """Withdraw a message that waits, also for its retry or its time; else it is `too_late`.

        Raises:
            UnknownMessage: No outbound message has this id.
        """
        ...

    async def expire(self, *, limit: int = 500) -> int:
        """Retire waiting messages whose time is over, longest first; give how many there were.

        Whatever they wait for: also of accounts that are paused or that nobody serves.
        """
        ...

    async def claim(
        self, worker: str, *, limit: int, lease_s: float, terms: Mapping[str, AccountTerms]
    ) -> list[Claim]:
        """Take the heads of up to `limit` due lanes, each with a lease and a `sending` attempt.

        Only accounts in `terms` are looked at, none that is paused or blocked,
        each within its rate and pace. Messages whose time came join their lanes
        first. One lane has at most one holder. Heads whose time is over become
        `expired` on the way. An attempt whose lease ended without completion
        becomes `unknown`, with what the policy makes of it.
        Fewer claims than `limit`, or none, do not mean that no lane is due.
        """
        ...

    async def complete(self, completions: Sequence[Completion]) -> None:
        """Commit outcomes: attempt, message, its events, and when the lane is due next.

        Completing an attempt again changes nothing.
        """
        ...

    async def renew(self, claim: Claim, *, lease_s: float, phase: Phase | None = None) -> bool:
        """Lengthen a claim's lease, from now; False: it is lost, and nothing may be handed over.

        `phase` writes down how far the attempt has got; it never goes back. One whose lease
        ends at `connecting` has surely sent nothing: its message waits again, undoubted.
        """
        ...

    async def wait_for_work(self, timeout_s: float, terms: Mapping[str, AccountTerms]) -> None:
        """Return when a lane of these accounts may be due, or after the time."""
        ...

    async def replay(self, query: ReplayQuery) -> list[UUID]:
        """Put dead letters back at their lanes' tails with fresh attempts; give their ids.

        A message that expired gets its whole life again.
        """
        ...
