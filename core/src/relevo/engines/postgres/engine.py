"""The PostgreSQL engine: any number of machines on one database."""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast
from uuid import UUID

from relevo.engines.json_text import plain_text
from relevo.engines.paging import read_cursor
from relevo.engines.port import Clock
from relevo.engines.postgres import archive, finding, people
from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.core import MOST_WAITING, READERS, WRITERS
from relevo.engines.postgres.cursors import PostgresCursors
from relevo.engines.postgres.faults import STORE_ERRORS
from relevo.engines.postgres.keys import PostgresKeys
from relevo.engines.postgres.media import PostgresMedia
from relevo.engines.postgres.needs import Needs
from relevo.engines.postgres.processes import PostgresProcesses
from relevo.engines.postgres.pulsing import find_oldest_webhook, look_at_lanes, look_at_skew
from relevo.engines.postgres.purging import Purges, Shelf, Walks
from relevo.engines.postgres.receiving import PostgresReceiving
from relevo.engines.postgres.sending import PostgresSending
from relevo.engines.postgres.sequencing import POLL_S, LogState
from relevo.engines.records import (
    COUNTED,
    AttemptRecord,
    ConversationRecord,
    EnginePulse,
    EventQuery,
    MessageQuery,
    MessageRecord,
    Page,
    PersonRecord,
    Purged,
    Retention,
    Standing,
)
from relevo.engines.retention import cutoffs
from relevo.engines.revisions import make_epoch
from relevo.engines.sight import sight_of
from relevo.engines.signal import wait_for
from relevo.engines.steps.rows import Lane
from relevo.engines.values import micros
from relevo.events import Event, utc_now

_COUNTS: Final = {
    "queued": "message WHERE status = 'queued'",
    "sending": "message WHERE status = 'sending'",
    "unknown": "message WHERE status = 'unknown'",
    "scheduled": "message WHERE status = 'scheduled'",
    "pending_webhooks": "webhook WHERE state = 'pending'",
    "dead": "message WHERE status IN ('failed', 'expired') AND provider_message_id IS NULL",
    "quarantined": "webhook_item WHERE state = 'quarantined'",
    "doubled": "message WHERE handovers > 1",
    "pending_media": "media WHERE state = 'pending' AND direction = 'in'",
    "failed_media": "media WHERE state = 'failed' AND direction = 'in'",
}
_PULSE: Final = f"""
SELECT h.position, m.value AS epoch, pg_is_in_recovery() AS standby,
  coalesce((SELECT value FROM meta WHERE name = 'floor'), '0')::bigint AS floor,
  {
    ", ".join(
        f"(SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT {COUNTED}) AS c) AS {name}"
        for name, rows in _COUNTS.items()
    )
}
FROM event_head AS h, meta AS m WHERE m.name = 'epoch'
"""  # noqa: S608 - our own tables and conditions


_TOUCH: Final = """
INSERT INTO meta (name, value) VALUES ('checked_at', $1)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""


class PostgresEngine(
    PostgresSending,
    PostgresReceiving,
    PostgresCursors,
    PostgresMedia,
    PostgresKeys,
    PostgresProcesses,
):
    """Keep everything in one schema of a PostgreSQL database. Needs asyncio.

    Any number of machines may have the same schema open. Each holds one
    connection that listens, so a pooler between them and the database must keep
    sessions (PgBouncer: `pool_mode = session`, and `ignore_startup_parameters`
    for what it does not know). A standby takes over without losing what was
    acknowledged only if it is synchronous.
    """

    def __init__(
        self,
        dsn: str,
        clock: Clock | None = None,
        *,
        writers: int = WRITERS,
        readers: int = READERS,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        super().__init__(dsn, clock, writers=writers, readers=readers, most_waiting=most_waiting)
        self._walks = Walks()

    @property
    def epoch(self) -> str:
        """The log's life."""
        self._opened()
        return self._log.epoch

    async def head(self) -> int:
        """Give the newest position."""
        await self._opened().sequencer.catch_up()

        async def look(connection: Connection) -> int:
            (row,) = await connection.fetch("SELECT position FROM event_head")
            return int(row["position"])

        return cast("int", await self._read(look))

    async def events(
        self, after: int, *, limit: int = 500, query: EventQuery | None = None
    ) -> list[Event]:
        """Give events above a position, in order."""
        await self._opened().sequencer.catch_up()
        wanted = query or EventQuery()
        return cast(
            "list[Event]",
            await self._read(
                lambda connection: archive.find_events(
                    connection, self._log.epoch, after, limit, wanted, self._clock or utc_now
                )
            ),
        )

    async def renew_epoch(self, *, shown: int) -> str:
        """Begin a new epoch if a reader was shown a position above the head."""
        await self._opened().sequencer.catch_up()

        async def renew(connection: Connection, now: datetime) -> LogState:
            del now
            (row,) = await connection.fetch("SELECT position FROM event_head FOR UPDATE")
            (kept,) = await connection.fetch("SELECT value FROM meta WHERE name = 'epoch'")
            epoch = str(kept["value"])
            if shown > row["position"]:
                epoch = make_epoch()
                await connection.execute("UPDATE meta SET value = $1 WHERE name = 'epoch'", epoch)
            return LogState(int(row["position"]), epoch)

        state = cast("LogState", await self._change(renew))
        self._note_log(state)
        return state.epoch

    async def wait_for_events(self, after: int, timeout_s: float) -> int:
        """Return the head once it is above `after`, or as it is after the time."""
        await self._opened().sequencer.catch_up()
        wake = self._told.next_wake()
        left_s = timeout_s
        while self._log.head <= after and left_s > 0:
            # The sequencer looks at the log every while, should a notification be lost.
            await wait_for(wake, min(left_s, POLL_S))
            left_s -= POLL_S
            if wake.is_set():
                wake = self._told.next_wake()
        return self._log.head

    async def message(self, message_id: UUID) -> MessageRecord:
        """Give one message."""
        return cast(
            "MessageRecord",
            await self._read(lambda connection: archive.find_message(connection, message_id)),
        )

    async def attempts(self, message_id: UUID) -> list[AttemptRecord]:
        """Give a message's attempts, first to last."""
        return cast(
            "list[AttemptRecord]",
            await self._read(lambda connection: archive.find_attempts(connection, message_id)),
        )

    async def messages(self, query: MessageQuery) -> Page[MessageRecord]:
        """Give messages of both directions, newest first."""
        return cast(
            "Page[MessageRecord]",
            await self._read(lambda connection: finding.find_messages(connection, query)),
        )

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
        return cast(
            "Page[ConversationRecord]",
            await self._read(
                lambda connection: finding.find_conversations(connection, sight, below, limit)
            ),
        )

    async def conversation(self, conversation_id: str) -> PersonRecord:
        """Give a thread, or the one it became a part of, and what its person wants."""
        return cast(
            "PersonRecord",
            await self._read(
                lambda connection: people.find_conversation(connection, conversation_id)
            ),
        )

    async def conversation_parts(self, conversation_id: str) -> frozenset[str]:
        """Give the ids of all threads that are one with this one, and its own."""
        return frozenset(
            cast(
                "list[str]",
                await self._read(lambda connection: people.find_parts(connection, conversation_id)),
            )
        )

    async def person(self, account: str, lane_key: str) -> PersonRecord:
        """Tell what is known about a person."""
        lane = Lane(account, plain_text(lane_key))
        return cast(
            "PersonRecord",
            await self._read(lambda connection: people.find_person(connection, lane)),
        )

    async def standing(self, message_id: UUID) -> Standing:
        """Give all that decides what happens to a message next."""
        self._opened()
        try:
            async with self._connections.transaction(
                "ISOLATION LEVEL REPEATABLE READ READ ONLY"
            ) as connection:
                now = await self._now(connection)
                return await archive.find_standing(connection, message_id, now)
        except STORE_ERRORS as error:
            raise self._connections.named.unavailable(error) from error

    async def tidy(self, retention: Retention, *, limit: int = 500) -> Purged:
        """Remove what need not be kept any longer, each kind in a transaction of its own."""
        await self._opened().sequencer.catch_up()
        now = cast("datetime", await self._read(self._now))
        until = cutoffs(retention, now)
        purges = Purges(self._connections, self._walks, limit)
        shelf = Shelf(until.shelf, limit)
        try:
            gone = {
                "events": await purges.events(until.events),
                "webhooks": await purges.webhooks(until.webhooks),
                "items": await purges.items(until.items),
                "contents": await purges.contents(until.contents),
                "keys": await purges.keys(until.keys),
                "lanes": await purges.lanes(now),
                "outages": await purges.outages(until.outages),
                "tickets": await purges.tickets(now),
                "media": await purges.media(until.media, now),
                "shelved": await self._tell_shelved(shelf),
                "expired": await self.expire(limit=limit),
            }
        except STORE_ERRORS as error:
            raise self._connections.named.unavailable(error) from error
        more = any(count >= limit for count in gone.values())
        for untold in ("items", "outages", "tickets"):
            del gone[untold]
        return Purged(**gone, more=more)

    async def _tell_shelved(self, shelf: Shelf) -> int:
        (outcome,) = await self._transactions.run([shelf.tell], Needs(), shelf.take_off)
        if outcome.error is not None:
            raise outcome.error
        return cast("int", outcome.value)

    async def pulse(self) -> EnginePulse:
        """Tell what waits; after a failed commit it tries to write again first."""
        writers = self._opened().writers
        if writers.fault is not None:
            await self._change(_touch)
            writers.fault = None
        await self._opened().sequencer.catch_up()

        async def look(connection: Connection) -> EnginePulse:
            (row,) = await connection.fetch(_PULSE)
            now = await self._now(connection)
            return EnginePulse(
                engine="postgresql",
                epoch=row["epoch"],
                head=row["position"],
                floor=row["floor"],
                told_at=now,
                lanes=await look_at_lanes(connection, now),
                webhook_since=await find_oldest_webhook(connection),
                skew_s=await look_at_skew(connection),
                extra={
                    "database": str(self._connections.named),
                    "waiting_changes": writers.waiting,
                    "counted_up_to": COUNTED,
                },
                **{name: row[name] for name in _COUNTS},
            )

        return cast("EnginePulse", await self._read(look))


async def _touch(connection: Connection, now: datetime) -> None:
    """Write something, to see that it can be written."""
    await connection.execute(_TOUCH, str(micros(now)))
