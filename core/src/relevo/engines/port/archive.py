"""The archive: what can be read about messages and threads."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from relevo.engines.records import (
    AttemptRecord,
    ConversationRecord,
    MessageQuery,
    MessageRecord,
    Page,
    PersonRecord,
    Standing,
)


class Archive(Protocol):
    """What can be read about messages."""

    async def message(self, message_id: UUID) -> MessageRecord:
        """Give one message.

        Raises:
            UnknownMessage: No message has this id.
        """
        ...

    async def attempts(self, message_id: UUID) -> list[AttemptRecord]:
        """Give a message's attempts, first to last.

        Raises:
            UnknownMessage: No message has this id.
        """
        ...

    async def messages(self, query: MessageQuery) -> Page[MessageRecord]:
        """Give messages of both directions, newest first; the cursor is a sequence.

        A conversation's are those of all threads that are one with it.
        """
        ...

    async def conversations(
        self,
        *,
        account: str | None = None,
        visible: frozenset[str] | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[ConversationRecord]:
        """Give threads, newest activity first. The cursor is opaque.

        One that became a part of an older one is counted into that. Only those of `visible`
        accounts are given; None: of all.
        """
        ...

    async def conversation(self, conversation_id: str) -> PersonRecord:
        """Give a thread, or the one it became a part of, and what its person wants.

        Raises:
            UnknownConversation: No thread has this id.
        """
        ...

    async def conversation_parts(self, conversation_id: str) -> frozenset[str]:
        """Give the ids of all threads that are one with this one, and its own."""
        ...

    async def standing(self, message_id: UUID) -> Standing:
        """Give all that decides what happens to a message next, seen at one moment.

        Raises:
            UnknownMessage: No message has this id.
        """
        ...
