"""Messages of which nobody knows whether they left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from relevo.events import Receipt
from relevo.messages import Message, UnknownPolicy


class Resolution(StrEnum):
    """How a doubt ends, by whoever decides."""

    SENT = "sent"
    """It was handed over."""
    NOT_SENT = "not_sent"
    """It was not, and is given up: `failed`."""
    RESEND = "resend"
    """It is sent again."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How the doubt that one attempt left has ended.

    `why` is a stable word: `person`, `policy`, `echo` and `news` (the provider's own, with our
    id or only with its own), or what the rule for silence or asking the provider found.
    """

    resolution: Resolution
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DoubtRecord:
    """Whether one attempt handed its message over is not known.

    `look_at` is when the engine's own rule may next decide; None: it never
    will, and `held_for` says why.
    """

    attempt: int
    began_at: datetime
    policy: UnknownPolicy
    look_at: datetime | None = None
    held_for: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an engine knows about how well an account's echo channel works.

    Args:
        read_until: When the newest webhook came that was worked through with all before it:
            what came until then is known.
        unread_webhooks: Webhooks of it that nothing was made of yet, or that were set aside
            since the attempt began: an echo may be among them.
        slowest_echo_s: The longest that an echo ever took; None: none was ever seen.
        outage_s: Seconds since the attempt began in which our receiver was away.
    """

    read_until: datetime | None = None
    unread_webhooks: int = 0
    slowest_echo_s: float | None = None
    outage_s: float = 0


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubt that is due to be looked at, with all that is known about it.

    `at` is the engine's own now, which `record.began_at` and `evidence` belong to.
    """

    at: datetime
    message: Message
    account: str
    record: DoubtRecord
    evidence: Evidence
    provider_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a look at a doubt led to: a resolution, another look later, or holding it.

    Without a resolution, `look_in_s` asks for another look; without that the
    message is held for the reason `why` gives. `why` is a stable word. `aliases` are lane
    keys of other addresses that the receipt shows to be the same person's.
    """

    message_id: UUID
    attempt: int
    why: str
    resolution: Resolution | None = None
    look_in_s: float | None = None
    receipt: Receipt | None = None
    aliases: tuple[str, ...] = ()
