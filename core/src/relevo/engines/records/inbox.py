"""Webhooks as they came, and what was made of their items."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from relevo.events import ProviderEvent
from relevo.webhooks import WebhookItem


class WebhookState(StrEnum):
    """How far a raw webhook got."""

    PENDING = "pending"
    DONE = "done"
    QUARANTINED = "quarantined"
    """It could not even be split."""


@dataclass(frozen=True, slots=True)
class WebhookRecord:
    """A verified webhook as it came, kept before anything is made of it."""

    webhook_id: int
    account: str
    method: str
    path: str
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    query: dict[str, str] = field(repr=False)
    arrived_at: datetime
    state: WebhookState = WebhookState.PENDING


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing a webhook item means, with the lane of the person it concerns."""

    event: ProviderEvent
    lane_key: str | None = None


@dataclass(frozen=True, slots=True)
class ItemFault:
    """Why an item was set aside: a stable code, a sentence, and where it happened."""

    code: str
    message: str
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class ParsedItem:
    """What parsing made of one item: effects, or the reason it is set aside."""

    item: WebhookItem
    effects: tuple[Effect, ...] = ()
    fault: ItemFault | None = None


@dataclass(frozen=True, slots=True)
class QuarantinedItem:
    """A webhook item that was set aside, and why."""

    account: str
    key: str
    webhook_id: int
    raw: JsonValue = field(repr=False)
    fault: ItemFault
    updated_at: datetime


class ItemState(StrEnum):
    """What became of a webhook item."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
