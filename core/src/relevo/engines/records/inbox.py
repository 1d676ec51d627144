"""Webhooks as they came, and what was made of their items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from relevo.events import ProviderEvent
from relevo.webhooks import WebhookItem, WebhookRequest


class WebhookState(StrEnum):
    """How far a raw webhook got."""

    PENDING = "pending"
    DONE = "done"
    QUARANTINED = "quarantined"
    """It was worked through, and an item of it is set aside."""


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

    @property
    def request(self) -> WebhookRequest:
        """The request, as it came."""
        return WebhookRequest(self.method, self.path, self.body, self.headers, self.query)


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing a webhook item means.

    Args:
        lane_key: Of the person it concerns.
        aliases: Lane keys of other addresses that it shows to be the same person's.
        fetch_within_s: For how long the provider gives the file that a message names; None:
            it gives none.
    """

    event: ProviderEvent
    lane_key: str | None = None
    fetch_within_s: float | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemFault:
    """Why an item was set aside: a stable code, a sentence, and where it happened."""

    code: str
    message: str
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class ParsedItem:
    """What parsing made of one item: effects, or the reason it is set aside.

    `account` is the one it belongs to, where that is not the one whose URL it came by.
    """

    item: WebhookItem
    effects: tuple[Effect, ...] = ()
    fault: ItemFault | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class InterpretedWebhook:
    """What was made of one kept webhook: its items, in order, and by whose words."""

    webhook_id: int
    provider: str
    items: Sequence[ParsedItem]


@dataclass(frozen=True, slots=True)
class QuarantinedItem:
    """A webhook item that was set aside, and why."""

    account: str
    key: str
    webhook_id: int
    raw: JsonValue = field(repr=False)
    fault: ItemFault
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DiscardedItem:
    """A webhook item that was set aside, and that nobody will try to apply any more."""

    account: str
    key: str
    webhook_id: int
    fault: ItemFault


class ItemState(StrEnum):
    """What became of a webhook item."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    DISCARDED = "discarded"
    """A person gave it up; it stays so however often it comes."""


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What became of one item when its webhook was applied.

    Args:
        state: Where it stands.
        again: It is set aside, and was so before.
        settled: How its news ended doubts about messages, a word for each: `echo` or `news`.
    """

    state: ItemState
    again: bool = False
    settled: tuple[str, ...] = ()
