"""Webhooks and what was set aside of them, as the API tells it."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, Field

from relevo.client.answers.model import Answer, OrWord
from relevo.engines.records import WebhookState


class FaultRow(Answer):
    """Why an item was set aside."""

    code: str
    message: str
    traceback: str | None = Field(default=None, repr=False)


class QuarantinedRow(Answer):
    """One webhook item that was set aside. `raw` is the provider's own object."""

    webhook_id: int
    account: str
    key: str
    fault: FaultRow
    updated_at: AwareDatetime
    raw: Any = Field(default=None, repr=False)


class QuarantinedPage(Answer):
    """Items that were set aside, newest first."""

    items: list[QuarantinedRow]
    next: str | None


class WebhookRow(Answer):
    """One webhook as it came. Values of headers and parameters that may be secret are hidden.

    It is quarantined while an item of it is `set_aside`.
    """

    id: int
    account: str
    state: OrWord[WebhookState]
    set_aside: list[QuarantinedRow]
    arrived_at: AwareDatetime
    method: str
    path: str
    headers: dict[str, str] = Field(repr=False)
    query: dict[str, str] = Field(repr=False)
    body: str | None = Field(default=None, repr=False)
    body_base64: str | None = Field(default=None, repr=False)


class ReopenedRow(Answer):
    """Ids of webhooks that are worked through again; `more`: there may be others."""

    items: list[int]
    more: bool


class DiscardedItemRow(Answer):
    """One webhook item that was given up."""

    webhook_id: int
    account: str
    key: str


class DiscardedRow(Answer):
    """Items that were given up; `more`: there may be others."""

    items: list[DiscardedItemRow]
    more: bool
