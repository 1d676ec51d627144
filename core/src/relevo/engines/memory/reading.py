"""The memory engine's event log and archive."""

from __future__ import annotations

import secrets
from uuid import UUID

from anyio.lowlevel import checkpoint

from relevo.engines.memory import looking
from relevo.engines.memory.core import EPOCH_BYTES, MemoryCore
from relevo.engines.records import (
    AttemptRecord,
    ConversationRecord,
    EventQuery,
    MessageQuery,
    MessageRecord,
    Page,
    PersonRecord,
    Standing,
)
from relevo.engines.sight import sight_of
from relevo.engines.signal import wait_for
from relevo.engines.steps.rows import Lane
from relevo.events import Event


class MemoryReading(MemoryCore):
    """Everything that can be read again."""

    @property
    def epoch(self) -> str:
        """The log's life: it ends with this object."""
        return self._rows.epoch

    async def head(self) -> int:
        """Give the newest position."""
        await checkpoint()
        return self._rows.head

    async def events(
        self, after: int, *, limit: int = 500, query: EventQuery | None = None
    ) -> list[Event]:
        """Give events above a position, in order."""
        await checkpoint()
        query = query or EventQuery()
        asked = query.conversation_ids
        parts = {part for one in asked for part in self._rows.parts_of(one)} if asked else None
        return self._rows.read(after, limit, query, self._clock(), parts)

    async def renew_epoch(self, *, shown: int) -> str:
        """Begin a new epoch if a reader was shown a position above the head."""
        await checkpoint()
        if shown > self._rows.head:
            self._rows.renew(secrets.token_hex(EPOCH_BYTES))
        return self._rows.epoch

    async def wait_for_events(self, after: int, timeout_s: float) -> int:
        """Return the head once it is above `after`, or as it is after the time."""
        wake = self._changed.next_wake()
        await wait_for(wake, 0 if self._rows.head > after else timeout_s)
        return self._rows.head

    async def message(self, message_id: UUID) -> MessageRecord:
        """Give one message."""
        await checkpoint()
        return looking.find_message(self._rows, message_id)

    async def attempts(self, message_id: UUID) -> list[AttemptRecord]:
        """Give a message's attempts, first to last."""
        record = await self.message(message_id)
        return [row.record for row in self._rows.attempts_of(record)]

    async def messages(self, query: MessageQuery) -> Page[MessageRecord]:
        """Give messages of both directions, newest first."""
        await checkpoint()
        return looking.find_messages(self._rows, query)

    async def conversations(
        self,
        *,
        account: str | None = None,
        visible: frozenset[str] | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[ConversationRecord]:
        """Give threads, newest activity first."""
        await checkpoint()
        return looking.find_conversations(self._rows, sight_of(account, visible), cursor, limit)

    async def conversation(self, conversation_id: str) -> PersonRecord:
        """Give a thread, or the one it is a part of, and what its person wants."""
        await checkpoint()
        return looking.find_conversation(self._rows, conversation_id)

    async def conversation_parts(self, conversation_id: str) -> frozenset[str]:
        """Give the ids of all threads that are one with this one, and its own."""
        await checkpoint()
        return self._rows.parts_of(conversation_id)

    async def person(self, account: str, lane_key: str) -> PersonRecord:
        """Tell what is known about a person."""
        await checkpoint()
        return self._rows.person(Lane(account, lane_key))

    async def standing(self, message_id: UUID) -> Standing:
        """Give all that decides what happens to a message next."""
        await checkpoint()
        return looking.find_standing(self._rows, message_id, self._clock())
