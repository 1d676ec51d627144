"""Where a message is, and in which order it gets there.

A message of ours moves in two stages. Until the provider takes it, only the
engine moves it, by `TRANSITIONS`. From `accepted` on, only news from the
provider moves it, and only up the lattice:

    accepted < sent < failed < delivered < read < played
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class DeliveryStatus(StrEnum):
    """Where a message is between the application and the person."""

    SCHEDULED = "scheduled"
    """Kept until its time comes."""
    QUEUED = "queued"
    """Durable here; waits for its turn."""
    SENDING = "sending"
    """An attempt is under way."""
    UNKNOWN = "unknown"
    """The request may have left and no answer came. Only the engine sets this."""
    CANCELLED = "cancelled"
    """Withdrawn before any handover."""
    EXPIRED = "expired"
    """Its time was over before any handover."""
    ACCEPTED = "accepted"
    """The provider took it. That is not delivery."""
    SENT = "sent"
    """The provider sent it on."""
    FAILED = "failed"
    """Refused, given up, or reported undeliverable."""
    DELIVERED = "delivered"
    """It reached the person's device."""
    READ = "read"
    """The person opened it."""
    PLAYED = "played"
    """The person played it (voice)."""

    @property
    def handed_over(self) -> bool:
        """Whether the provider surely has, or had, the message."""
        return self in _RANK and self is not DeliveryStatus.FAILED

    @property
    def on_its_way(self) -> bool:
        """Whether the engine still has something to do before the handover."""
        return self in {DeliveryStatus.SCHEDULED, DeliveryStatus.QUEUED, DeliveryStatus.SENDING}


_S = DeliveryStatus
LATTICE = (_S.ACCEPTED, _S.SENT, _S.FAILED, _S.DELIVERED, _S.READ, _S.PLAYED)
_RANK = MappingProxyType({status: rank for rank, status in enumerate(LATTICE)})

TRANSITIONS: MappingProxyType[DeliveryStatus, frozenset[DeliveryStatus]] = MappingProxyType(
    {
        _S.SCHEDULED: frozenset({_S.QUEUED, _S.CANCELLED, _S.EXPIRED}),
        _S.QUEUED: frozenset({_S.SENDING, _S.CANCELLED, _S.EXPIRED, _S.FAILED}),
        _S.SENDING: frozenset({_S.QUEUED, _S.ACCEPTED, _S.UNKNOWN, _S.FAILED, _S.EXPIRED}),
        _S.UNKNOWN: frozenset({_S.ACCEPTED, _S.QUEUED, _S.FAILED}),
        _S.CANCELLED: frozenset(),
        _S.EXPIRED: frozenset(),
    }
)
"""What the engine may do before the handover. Statuses not named here belong to the lattice."""

OPEN = frozenset({_S.SCHEDULED, _S.QUEUED, _S.SENDING, _S.UNKNOWN})
"""Where a message is neither handed over nor given up."""

REPLAYABLE = frozenset({_S.FAILED, _S.EXPIRED})
"""From here a person may put a message back to `queued`, if no provider ever took it."""


def advance(current: DeliveryStatus, update: DeliveryStatus) -> DeliveryStatus:
    """Merge a provider's later news into a message's status, never backwards.

    News about a message we still think undecided (`queued`, `sending`,
    `unknown`, or one we stopped: `cancelled`, `expired`) proves that the
    provider has it, so it enters the lattice there.
    """
    if update not in _RANK:
        return current
    if current not in _RANK:
        return update
    return max(current, update, key=_RANK.__getitem__)
