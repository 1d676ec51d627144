"""Accounts, providers and templates, as the API tells them."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, JsonValue

from relevo.capabilities import Capability
from relevo.client.answers.errors import ErrorRow
from relevo.client.answers.model import Answer, OrWord
from relevo.messages import UnknownPolicy


class PairPaceRow(Answer):
    """How often one person may be written to."""

    burst: int
    every_s: float


class LimitsRow(Answer):
    """How fast an account's messages leave, over all machines."""

    rate: float | None = None
    burst: int | None = None
    pair_pace: PairPaceRow | None = None


class HealthRow(Answer):
    """How an account was when its provider was last asked."""

    can_send: bool
    facts: dict[str, JsonValue]
    problems: list[str]
    asked_at: AwareDatetime


class AgedHealthRow(HealthRow):
    """And how long ago that was."""

    age_s: float


class AccountRow(Answer):
    """One configured account. `state`: `active`, `paused` or `blocked`.

    `reaches`: `people`, or `sandbox` where its requests stay on this machine; None: nobody can
    tell.
    """

    name: str
    provider: str
    capabilities: list[OrWord[Capability]]
    default: bool
    reaches: str | None = None
    state: str
    paused_at: AwareDatetime | None = None
    pause_error: ErrorRow | None = None
    blocked_until: AwareDatetime | None = None
    limits: LimitsRow
    on_unknown: OrWord[UnknownPolicy]
    health: HealthRow | None = None


class AccountList(Answer):
    """All accounts."""

    items: list[AccountRow]


class ProviderRow(Answer):
    """One installed provider, or one that failed and why. `state`: `loaded`, `failed`, ..."""

    name: str
    state: str
    capabilities: list[OrWord[Capability]]
    native_contents: list[str] | None = None
    distribution: str | None = None
    version: str | None = None
    code: str | None = None
    error: str | None = None


class ProviderList(Answer):
    """All providers."""

    items: list[ProviderRow]


class TemplateRow(Answer):
    """One template in one language, in its vendor's words."""

    name: str
    language: str
    status: str
    category: str | None = None
    id: str | None = None
    components: list[dict[str, Any]]
    seen_at: AwareDatetime | None = None


class TemplatePage(Answer):
    """Templates by name and language."""

    items: list[TemplateRow]
    next: str | None
