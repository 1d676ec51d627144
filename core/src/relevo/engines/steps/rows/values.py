"""What the steps find and keep, beside records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from relevo.engines.records import ItemFault, ItemState, MessageRecord
from relevo.messages import Message
from relevo.terms import Pace


class Lane(NamedTuple):
    """Name one lane: an account and the canonical person."""

    account: str
    lane_key: str


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a lane, and the fence. `worker` is None once an engine took the lane back."""

    token: int
    worker: str | None


@dataclass(frozen=True, slots=True)
class LaneState:
    """How a lane is.

    Args:
        due_at: When it may be claimed, or when its lease ends; None: nothing waits in it.
        lease: Who holds it.
        bulk: Whether its head is bulk.
        pace: The run of messages to this person.
        throttles: How often in a row the provider said that this person gets too many.
    """

    due_at: datetime | None = None
    lease: Lease | None = None
    bulk: bool = False
    pace: Pace | None = None
    throttles: int = 0


class Head(NamedTuple):
    """Who stands first in a lane."""

    sequence: int
    bulk: bool


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What an idempotency key was used for."""

    fingerprint: str
    record: MessageRecord


@dataclass(frozen=True, slots=True)
class EchoRow:
    """When an account's provider first echoed, and the slowest echo of all."""

    first_at: datetime
    slowest: timedelta


@dataclass(frozen=True, slots=True)
class Waiting:
    """The first message of a lane, and what its application asked to send."""

    record: MessageRecord
    message: Message


@dataclass(frozen=True, slots=True)
class ItemRow:
    """What became of a webhook item when it came before."""

    state: ItemState
    fault: ItemFault | None = None
