"""What a worker is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from relevo.errors import Phase
from relevo.events import DeliveryStatus, ErrorDetail, Receipt
from relevo.messages import Message
from relevo.middleware import EventDraft
from relevo.terms import AccountTerms

_DEFAULT_TERMS = AccountTerms()


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to make one attempt, until the lease ends.

    `token` fences: it never repeats, and a completion with a stale one leaves
    the lane alone.
    """

    message: Message
    account: str
    lane_key: str
    attempt: int
    counted_attempts: int
    """Earlier attempts that used up one of the message's tries."""
    replayed_attempts: int
    """Attempts before the message was last replayed; they no longer count."""
    throttles: int
    """How often in a row this person's lane was throttled before."""
    token: int
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Completion:
    """What became of an attempt.

    `status` is `accepted` (with `receipt`), `queued` (again in `retry_in_s`
    seconds), `unknown`, `failed` or `expired`. The engine keeps what it knows
    better: a message whose statuses already arrived stays where they put it.

    Args:
        terms: The account's terms: what follows a doubt, and the pace to this person.
        retry_in_s: Seconds until the lane is due again, from the engine's own now.
        block_s: Seconds for which nothing of the account is claimed.
        pauses: The account refuses us: nothing of it is claimed until it is resumed.
        lane_throttled: This person was written to too often.
        aliases: Lane keys of other addresses that the answer shows to be the same person's.
        unwanted: The category that the answer shows the person does not want.
    """

    claim: Claim
    status: DeliveryStatus
    terms: AccountTerms = _DEFAULT_TERMS
    phase: Phase | None = None
    receipt: Receipt | None = None
    error: ErrorDetail | None = None
    retry_in_s: float = 0
    uses_attempt: bool = True
    block_s: float = 0
    pauses: bool = False
    lane_throttled: bool = False
    detail: dict[str, JsonValue] = field(default_factory=dict)
    events: tuple[EventDraft, ...] = ()
    aliases: tuple[str, ...] = ()
    unwanted: str | None = None
