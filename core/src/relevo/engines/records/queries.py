"""How to ask for rows, and how they come back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from relevo.engines.records.messages import Direction
from relevo.events import DeliveryStatus, EventType

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class MessageQuery:
    """Filter and page messages, newest first. An empty set means no filter, except `visible`.

    Args:
        conversation_id: Of this thread, and of all that are one with it.
        lane_key: Of this person, by the lane of any of their addresses.
        created_from: Kept here at this moment or later.
        created_until: Kept here before this moment.
        dead: Whether given up before any handover.
        visible: Of these accounts only, whatever else is asked; None: of all.
        before: A sequence to start below.
    """

    account: str | None = None
    direction: Direction | None = None
    statuses: frozenset[DeliveryStatus] = frozenset()
    conversation_id: str | None = None
    lane_key: str | None = None
    provider_message_id: str | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
    dead: bool | None = None
    visible: frozenset[str] | None = None
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Filter the event log. An empty set means no filter, except `visible`.

    Args:
        conversation_ids: About these threads, and about all that are one with them.
        visible: About these accounts only, whatever else is asked; None: about all. A gap is
            everybody's.
    """

    types: frozenset[EventType] = frozenset()
    accounts: frozenset[str] = frozenset()
    message_ids: frozenset[UUID] = frozenset()
    conversation_ids: frozenset[str] = frozenset()
    visible: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ReplayQuery:
    """Choose dead letters: messages given up before any handover (`failed` or `expired`).

    Args:
        message_ids: These, whatever else is asked.
        statuses: An empty set means either of the two.
        conversation_id: Of this thread, and of all that are one with it.
        lane_key: Of this person, by the lane of any of their addresses.
        created_from: Kept here at this moment or later.
        created_until: Kept here before this moment.
        closed_from: Given up at this moment or later.
        closed_until: Given up before this moment.
        visible: What is not of these accounts is as if it were not there; None: all is visible.
    """

    account: str | None = None
    message_ids: frozenset[UUID] = frozenset()
    statuses: frozenset[DeliveryStatus] = frozenset()
    conversation_id: str | None = None
    lane_key: str | None = None
    error_code: str | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
    closed_from: datetime | None = None
    closed_until: datetime | None = None
    visible: frozenset[str] | None = None
    limit: int = 1_000


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """One page of rows, and the cursor of the next, if there is one."""

    items: list[RowT]
    next: str | None = None
