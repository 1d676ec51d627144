"""The SQLite engine's event log and archive."""

from __future__ import annotations

from uuid import UUID

from relevo.engines.paging import read_cursor
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
from relevo.engines.revisions import make_epoch
from relevo.engines.sight import sight_of
from relevo.engines.signal import wait_for
from relevo.engines.sqlite import archive, facts, finding, log, people, standing
from relevo.engines.sqlite.core import SqliteCore
from relevo.engines.sqlite.opening import read_head
from relevo.engines.steps.rows import Lane
from relevo.events import Event


class SqliteReading(SqliteCore):
    """Everything that can be read again."""

    @property
    def epoch(self) -> str:
        """The log's life: made with the file."""
        self._opened()
        return self._epoch

    async def head(self) -> int:
        """Give the newest position."""
        return await self._read(read_head)

    async def events(
        self, after: int, *, limit: int = 500, query: EventQuery | None = None
    ) -> list[Event]:
        """Give events above a position, in order."""
        wanted = query or EventQuery()
        epoch, now = self.epoch, self._clock()
        return await self._read(
            lambda reader: log.find_events(reader, epoch, after, limit, wanted, now)
        )

    async def renew_epoch(self, *, shown: int) -> str:
        """Begin a new epoch if a reader was shown a position above the head."""
        if shown > await self.head():
            epoch = make_epoch()
            await self._write(lambda rows, _: rows.keep_fact(facts.EPOCH, epoch))
            self._epoch = epoch
        return self._epoch

    async def wait_for_events(self, after: int, timeout_s: float) -> int:
        """Return the head once it is above `after`, or as it is after the time."""
        wake = self._told.next_wake()
        await wait_for(wake, 0 if self._head > after else timeout_s)
        return self._head

    async def message(self, message_id: UUID) -> MessageRecord:
        """Give one message."""
        return await self._read(lambda reader: archive.find_message(reader, message_id))

    async def attempts(self, message_id: UUID) -> list[AttemptRecord]:
        """Give a message's attempts, first to last."""
        return await self._read(lambda reader: archive.find_attempts(reader, message_id))

    async def messages(self, query: MessageQuery) -> Page[MessageRecord]:
        """Give messages of both directions, newest first."""
        return await self._read(lambda reader: finding.find_messages(reader, query))

    async def conversations(
        self,
        *,
        account: str | None = None,
        visible: frozenset[str] | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[ConversationRecord]:
        """Give threads, newest activity first."""
        below, sight = read_cursor(cursor), sight_of(account, visible)
        return await self._read(
            lambda reader: archive.find_conversations(reader, sight, below, limit)
        )

    async def conversation(self, conversation_id: str) -> PersonRecord:
        """Give a thread, or the one it became a part of, and what its person wants."""
        return await self._read(lambda reader: people.find_conversation(reader, conversation_id))

    async def conversation_parts(self, conversation_id: str) -> frozenset[str]:
        """Give the ids of all threads that are one with this one, and its own."""
        return frozenset(
            await self._read(lambda reader: people.find_parts(reader, conversation_id))
        )

    async def person(self, account: str, lane_key: str) -> PersonRecord:
        """Tell what is known about a person."""
        lane = Lane(account, lane_key)
        return await self._read(lambda reader: people.find_person(reader, lane))

    async def standing(self, message_id: UUID) -> Standing:
        """Give all that decides what happens to a message next."""
        now = self._clock()
        return await self._read(lambda reader: standing.find_standing(reader, message_id, now))
