"""Rows of people."""

from __future__ import annotations

from typing import Protocol

from relevo.engines.records import ConversationRecord, PreferenceRecord
from relevo.engines.steps.rows.values import Lane
from relevo.engines.transitions import Preferences


class PeopleRows(Protocol):
    """Threads with people, what leads to them, and what people want to be sent."""

    def root_of(self, lane: Lane) -> Lane:
        """Tell which lane's thread belongs to this lane: its own, or that it was led to."""
        ...

    def lead(self, lane: Lane, thread_key: str) -> None:
        """Let a lane, and all that were led to it, belong to another lane's thread."""
        ...

    def conversation(self, lane: Lane) -> ConversationRecord | None:
        """Find the thread with a person."""
        ...

    def save_conversation(self, lane: Lane, record: ConversationRecord) -> None:
        """Keep a thread as it is now."""
        ...

    def rejoin(self, conversation_id: str, joined_to: str) -> None:
        """Let threads that became a part of one become a part of another."""
        ...

    def preferences(self, lane: Lane) -> Preferences:
        """Tell what a person wants to be sent."""
        ...

    def save_preference(self, lane: Lane, preference: PreferenceRecord) -> None:
        """Keep what a person wants."""
        ...
