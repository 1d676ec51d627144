"""Give events their positions: one machine at a time, without gaps, in an order nobody disputes.

Commits leave events in `event_in`. Whoever holds the head's row moves the
oldest of them into the log; any number of machines may try.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from anyio import CancelScope

from relevo.engines.postgres.connections import CommitUnknown, Connections
from relevo.engines.postgres.faults import STORE_ERRORS, is_lost, is_outage
from relevo.engines.postgres.transactions import News
from relevo.errors import EngineError
from relevo.redaction import frames_of

logger = logging.getLogger("relevo.engines.postgres")

POLL_S: Final = 1.0
"""How late a machine hears of another's changes where no notification came."""
MOST_MOVED: Final = 1_000
_PAUSE_S: Final = 0.5
_CATCH_UP_S: Final = 5.0

_STATE: Final = """
SELECT h.position, m.value AS epoch, EXISTS (SELECT FROM event_in) AS waiting
FROM event_head AS h, meta AS m WHERE m.name = 'epoch'
"""
_LOCK: Final = """
SELECT h.position, (SELECT value FROM meta WHERE name = 'epoch') AS epoch
FROM event_head AS h FOR UPDATE
"""
# A statement of its own: it must see what was committed while the lock was waited for.
# The limit is written out: as a parameter it would be planned anew every time.
_MOVE: Final = f"""
WITH gone AS (
  DELETE FROM event_in WHERE event_id = ANY(ARRAY(
    SELECT event_id FROM event_in ORDER BY event_id LIMIT {MOST_MOVED}
  )) RETURNING *
), kept AS (
  INSERT INTO event (position, type, account, message_id, conversation_id, time, data)
  SELECT $1 + row_number() OVER (ORDER BY event_id),
    type, account, message_id, conversation_id, time, data FROM gone
  RETURNING 1
)
UPDATE event_head SET position = $1 + n.moved FROM (SELECT count(*) AS moved FROM kept) AS n
WHERE n.moved > 0
RETURNING n.moved, pg_notify($2, concat_ws(' ', $3::text, event_head.position, nullif($4, '')))
"""  # noqa: S608 - a number of ours
_NOTIFY: Final = "SELECT pg_notify($1, $2)"


@dataclass(frozen=True, slots=True)
class LogState:
    """Where the log stands."""

    head: int
    epoch: str


class Sequencer:
    """Move events into the log, and tell other machines what changed.

    Args:
        connections: Where.
        channel: Where other machines of this schema listen.
        name: Ours among the engines that are open on it.
        on_state: Hears where the log stands.
    """

    def __init__(
        self,
        connections: Connections,
        channel: str,
        name: str,
        on_state: Callable[[LogState], None],
    ) -> None:
        self._connections = connections
        self._name = name
        self._channel = channel
        self._on_state = on_state
        self._kicked = asyncio.Event()
        self._turned = asyncio.Condition()
        self._committed = 0
        self._sequenced = 0
        self._words: set[str] = set()
        self._closed = False
        self._failed = False
        self._failures = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._run(), name="relevo-postgres-sequencer")

    async def close(self) -> None:
        """Move what was committed here, then stop."""
        self._closed = True
        self._kicked.set()
        if self._task is not None:
            with CancelScope(shield=True):
                await self._task

    def kick(self, news: News, *words: str) -> None:
        """Hear of a commit of this machine."""
        self._committed += news.told
        if news.work:
            self._words.add("work")
        if news.doubts:
            self._words.add("doubts")
        self._words.update(words)
        if news.told or self._words:
            self._kicked.set()

    async def catch_up(self) -> None:
        """Wait until what was committed here stands in the log; not while the database is away."""
        goal = self._committed
        if self._sequenced >= goal:
            return
        failures = self._failures
        self._kicked.set()
        try:
            async with asyncio.timeout(_CATCH_UP_S), self._turned:
                await self._turned.wait_for(
                    lambda: self._sequenced >= goal or self._failures > failures
                )
        except TimeoutError:
            logger.warning("The event log of %s is behind.", self._connections.named)

    async def _run(self) -> None:
        while not self._closed:
            kicked = await self._wait(POLL_S)
            if not await self._try_turn(kicked=kicked) and not self._closed:
                await self._wait(_PAUSE_S)
                self._kicked.set()
        await self._try_turn(kicked=True)

    async def _wait(self, most_s: float) -> bool:
        """Wait for a kick; tell whether there was one."""
        try:
            async with asyncio.timeout(most_s):
                await self._kicked.wait()
        except TimeoutError:
            return False
        self._kicked.clear()
        return True

    async def _try_turn(self, *, kicked: bool) -> bool:
        goal = self._committed
        words, self._words = self._words, set()
        try:
            while await self._turn_again(words, kicked=kicked) == MOST_MOVED:
                words = set()
        except (*STORE_ERRORS, CommitUnknown, EngineError) as error:
            self._words |= words
            self._failures += 1
            if not self._failed:
                away = isinstance(error, (CommitUnknown, EngineError)) or is_outage(error)
                logger.log(
                    # Who waits for the store tells of an outage, once for the process.
                    logging.DEBUG if away else logging.WARNING,
                    "The event log of %s stands still for a moment. %s",
                    self._connections.named,
                    frames_of(error),
                )
            self._failed = True
        else:
            self._failed = False
            self._sequenced = goal
        async with self._turned:
            self._turned.notify_all()
        return not self._failed

    async def _turn_again(self, words: set[str], *, kicked: bool) -> int:
        """Take a turn, on a new connection where one had died in the pool."""
        try:
            return await self._turn(words, kicked=kicked)
        except (*STORE_ERRORS, CommitUnknown) as error:
            if not isinstance(error, CommitUnknown) and not is_lost(error):
                raise
            return await self._turn(words, kicked=kicked)

    async def _turn(self, words: set[str], *, kicked: bool) -> int:
        if not kicked:
            async with self._connections.reading() as connection:
                (state,) = await connection.fetch(_STATE)
            if not state["waiting"]:
                self._on_state(LogState(state["position"], state["epoch"]))
                return 0
        async with self._connections.transaction() as connection:
            (state,) = await connection.fetch(_LOCK)
            told = (self._channel, self._name, " ".join(words))
            found = await connection.fetch(_MOVE, state["position"], *told)
            moved = int(found[0]["moved"]) if found else 0
            head = int(state["position"]) + moved
            if words and not moved:
                told_only = " ".join([self._name, str(head), *words])
                await connection.fetch(_NOTIFY, self._channel, told_only)
        self._on_state(LogState(head, state["epoch"]))
        return moved
