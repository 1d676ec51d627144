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
    """Filter and page messages, newest first. `before` is a sequence to start below."""

    account: str | None = None
    direction: Direction | None = None
    status: DeliveryStatus | None = None
    conversation_id: str | None = None
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Filter the event log. An empty set means no filter."""

    types: frozenset[EventType] = frozenset()
    accounts: frozenset[str] = frozenset()
    message_id: UUID | None = None
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReplayQuery:
    """Choose dead letters: messages given up before any handover (`failed` or `expired`)."""

    account: str | None = None
    message_ids: frozenset[UUID] = frozenset()
    error_code: str | None = None
    closed_from: datetime | None = None
    closed_until: datetime | None = None
    limit: int = 1_000


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """One page of rows, and the cursor of the next, if there is one."""

    items: list[RowT]
    next: str | None = None
