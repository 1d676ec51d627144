"""Threads with people, as the API tells them."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from relevo.client.answers.model import Answer, OrWord
from relevo.windows import WindowState


class WindowRow(Answer):
    """Whether free-form content may go to the person now."""

    state: OrWord[WindowState]
    until: AwareDatetime | None = None
    since: AwareDatetime | None = None


class PreferenceRow(Answer):
    """What the person wants to be sent of one category, as the provider last told."""

    category: str
    allowed: bool
    changed_at: AwareDatetime


class WarningRow(Answer):
    """Why a message that was accepted will probably be refused, and what to do instead."""

    code: str
    message: str
    advice: str


class ConversationRow(Answer):
    """A thread with one person on one account."""

    id: str
    account: str
    provider: str
    person: str = Field(repr=False)
    person_name: str | None = Field(default=None, repr=False)
    messages: int
    last_message_id: str
    last_inbound_at: AwareDatetime | None = None
    window: WindowRow | None = None
    updated_at: AwareDatetime


class ConversationDetail(ConversationRow):
    """A thread, and what its person wants."""

    preferences: list[PreferenceRow]


class ConversationPage(Answer):
    """Threads, newest activity first."""

    items: list[ConversationRow]
    next: str | None
