"""What an application talks to: hand a message over, wait for it, follow what happens."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import anyio
from anyio.abc import TaskStatus

from relevo.accounts import Accounts
from relevo.checks import window_of
from relevo.dispatch.batch import Batch, Kept, Submission
from relevo.dispatch.handover import receipt_of
from relevo.dispatch.news import News
from relevo.dispatch.planning import Plan, plan
from relevo.dispatch.preparing import Prepared, prepare
from relevo.engines.port import CancelOutcome, Clock, Engine
from relevo.engines.records import (
    Accepted,
    AccountState,
    ConversationRecord,
    EventQuery,
    IdempotencyKey,
    MediaRecord,
    MessageRecord,
    ReplayQuery,
    Resolution,
)
from relevo.engines.steps.pausing import BY_HAND
from relevo.errors import EngineError, StillPending
from relevo.events import ErrorDetail, Receipt, utc_now
from relevo.explain import Explanation, explain
from relevo.media import MediaKeeper, MemoryMediaStore
from relevo.messages import Message
from relevo.meter import EngineCall, Meter, NoMeter, timed
from relevo.pause_reasons import reason_fault
from relevo.providers import lane_key
from relevo.store_watch import StoreWatch
from relevo.tail import PAGE, POLL_S, EventStream
from relevo.tracing import current_traceparent
from relevo.windows import Window

logger = logging.getLogger("relevo.dispatch")

MESSAGE_LIFE_S = 86_400
RESOLVED = "by_hand"
"""How a doubt has ended that a person ended."""


class Dispatcher:
    """Accept messages durably and tell what becomes of them."""

    def __init__(
        self,
        accounts: Accounts,
        engine: Engine,
        *,
        clock: Clock = utc_now,
        message_life_s: float = MESSAGE_LIFE_S,
        media: MediaKeeper | None = None,
        meter: Meter | None = None,
        store_watch: StoreWatch | None = None,
    ) -> None:
        self.accounts = accounts
        self.engine = engine
        self._clock = clock
        self._life = timedelta(seconds=message_life_s)
        self.media = media or MediaKeeper(engine, MemoryMediaStore(), clock=clock)
        self._meter = meter or NoMeter()
        self._store_watch = store_watch or StoreWatch()
        self._waiting: dict[str, set[News]] = {}

    async def submit(self, message: Message, *, idempotency_key: str | None = None) -> UUID:
        """Keep a message durably and return its id; it goes on by itself.

        Raises:
            UnknownAccount: No such account, or none named where there are several.
            InvalidMessage: The address or the content cannot be sent by this account, or
                `expires_at` is past or not after `send_at`.
            Rejected: The vendor would surely refuse it; names the field.
            WindowClosed: The account refuses what a closed window keeps back.
            OptedOut: The account refuses what the person does not want.
            IdempotencyConflict: The key was used for another message.
            EngineError: The store cannot keep it; nothing was kept.
        """
        accepted = await self.accept(message, idempotency_key=idempotency_key)
        return accepted.record.message_id

    async def accept(self, message: Message, *, idempotency_key: str | None = None) -> Accepted:
        """Keep a message durably like `submit`, and return it as it was kept.

        With a key, the same request again gives the message as it is now, while
        it is open and a day after. A key belongs to one account.
        """
        if message.trace is None:
            message = message.model_copy(update={"trace": current_traceparent()})
        prepared = await self._prepare(message, again=idempotency_key is not None)
        key = None
        if idempotency_key is not None:
            key = IdempotencyKey(idempotency_key, prepared.fingerprint)
        provider = prepared.account.provider.name
        with timed(self._meter, EngineCall.ACCEPT):
            accepted = await self.engine.accept(
                prepared.message,
                provider=provider,
                lane_key=prepared.lane_key,
                idempotency=key,
                checks=prepared.checks,
            )
        if accepted.created:
            self._meter.accepted(prepared.account.name, provider)
        logger.debug(
            "Message %s, account %r: %s.",
            accepted.record.message_id,
            prepared.account.name,
            "accepted" if accepted.created else "known already, by its id or idempotency key",
            extra={
                "message_id": str(accepted.record.message_id),
                "account": prepared.account.name,
            },
        )
        return accepted

    async def submit_many(self, submissions: Sequence[Submission]) -> list[UUID | Exception]:
        """Keep many messages like `accept_many`, and give their ids, or why one was not kept."""
        return [
            one if isinstance(one, Exception) else one.record.message_id
            for one in await self.accept_many(submissions)
        ]

    async def accept_many(self, submissions: Sequence[Submission]) -> list[Kept]:
        """Keep many messages durably, each by itself: one that is refused stops no other.

        Messages to one person are accepted one after another, in the order given; others side
        by side, so that many share a commit. Nothing is raised for one of them: its place in
        the list has the error that `accept` would have raised. Once the store is away, those
        whose turn has not come are not tried, and their error says that nothing was kept.
        """

        async def accept(one: Submission) -> Accepted:
            return await self.accept(one.message, idempotency_key=one.idempotency_key)

        batch = Batch(submissions, accept=accept, lane_of=self._lane_of, look=self.engine.pulse)
        return await batch.run()

    async def plan(self, message: Message) -> Plan:
        """Tell what would become of a message, and keep nothing.

        Raises:
            UnknownAccount: No such account, or none named where there are several.
            InvalidMessage: The address or the content cannot be sent by this account.
            Rejected: The vendor would surely refuse it; names the field.
        """
        return await plan(self.engine, await self._prepare(message, again=False), self._clock())

    async def _prepare(self, message: Message, *, again: bool) -> Prepared:
        return await prepare(
            message,
            self.accounts,
            self.media,
            life=self._life,
            now=self._clock(),
            again=again,
        )

    def _lane_of(self, message: Message) -> tuple[str, str]:
        account = self.accounts.resolve(message.account)
        return account.name, lane_key(account.provider, message.to)

    def window(self, conversation: ConversationRecord) -> Window | None:
        """Tell how a person's window is now; None where the provider has none, or is not here."""
        account = self.accounts.get(conversation.account)
        return window_of(conversation, account.terms.window_s if account else None, self._clock())

    async def send(self, message: Message, *, wait_s: float = 30) -> Receipt:
        """Submit a message and wait for its first handover.

        Raises:
            SendError: It was finally refused, or whether it was sent is unknown.
            StillPending: Waiting ended first; the message goes on by itself.
            RelevoError: What `submit` raises.
        """
        accepted = await self.accept(message)
        return await self.wait(accepted.record.message_id, wait_s=wait_s)

    async def keep_media(
        self,
        source: bytes | Path | AsyncIterable[bytes],
        *,
        mime_type: str | None = None,
        filename: str | None = None,
        account: str | None = None,
    ) -> MediaRecord:
        """Keep a file, so that contents of any account can name it: `media=str(media_id)`.

        Args:
            source: Its bytes, where it lies, or its bytes in pieces.
            mime_type: Left out, it is told from the name.
            filename: What people call it; left out, the path's own.
            account: Whose it is: keys of the API that are limited to other accounts see nothing
                of it, as they see nothing of a file without one.

        Raises:
            MediaTooLarge: It has more bytes than `[media] max_bytes`.
            MediaUnavailable: It cannot be read or stored.
            EngineError: What is known about it cannot be kept.
        """
        return await self.media.keep(
            source, mime_type=mime_type, filename=filename, account=account
        )

    @asynccontextmanager
    async def open_media(self, media_id: UUID) -> AsyncIterator[AsyncIterator[bytes]]:
        """Give the bytes of a file that is kept, one of ours or one a person sent, in pieces.

        Raises:
            UnknownMedia: No file has this id.
            MediaError: It is not here yet, never came, or is no longer kept.
        """
        async with self.media.open(await self.media.find(media_id)) as chunks:
            yield chunks

    async def wait(self, message_id: UUID, *, wait_s: float = 30) -> Receipt:
        """Wait for the first handover of a message that was submitted.

        Raises:
            UnknownMessage: No message has this id.
            SendError: It was finally refused, or whether it was sent is unknown.
            StillPending: Waiting ended first; the message goes on by itself.
        """
        with self._news_of(message_id) as news:
            return await self._first_handover(message_id, news, wait_s)

    async def cancel(self, message_id: UUID) -> CancelOutcome:
        """Withdraw a message; too late once an attempt began.

        Raises:
            UnknownMessage: No message of ours has this id.
        """
        return await self.engine.cancel(message_id)

    async def retry(self, message_id: UUID) -> MessageRecord:
        """Send a message again that was given up before any handover, at its lane's tail.

        Raises:
            UnknownMessage: No message of ours has this id.
            NotReplayable: It was not given up, or a provider took it once.
        """
        await self.engine.replay(ReplayQuery(message_ids=frozenset({message_id})))
        return await self.engine.message(message_id)

    async def replay(self, query: ReplayQuery) -> list[UUID]:
        """Send dead letters again, as many as the query allows; give their ids."""
        return await self.engine.replay(query)

    async def resolve(self, message_id: UUID, resolution: Resolution) -> MessageRecord:
        """End the doubt about a message as a person decides.

        Raises:
            UnknownMessage: No message of ours has this id.
            NotInDoubt: Its outcome is known.
        """
        record = await self.engine.resolve(message_id, resolution)
        self._meter.settled(record.account, RESOLVED)
        return record

    async def explain(self, message_id: UUID) -> Explanation:
        """Say why a message is in its state, what happens next, and when.

        Raises:
            UnknownMessage: No message has this id.
        """
        standing = await self.engine.standing(message_id)
        account = self.accounts.get(standing.record.account)
        return explain(standing, account.terms if account else None)

    async def pause(self, account: str, reason: str) -> None:
        """Let an account's messages wait until it is resumed.

        Args:
            account: Its name.
            reason: For whoever wonders: one line, at most 500 characters. It is logged and shown.

        Raises:
            UnknownAccount: No such account.
            ValueError: The reason is empty, too long, or has a character that cannot be shown.
        """
        name = self.accounts.resolve(account).name
        if fault := reason_fault(reason):
            msg = f"Account {name!r} is not paused: the reason {fault}."
            raise ValueError(msg)
        await self.engine.pause(name, ErrorDetail(code=BY_HAND, message=reason))
        self._meter.paused(name, BY_HAND)

    async def resume(self, account: str) -> bool:
        """Let an account's messages go on; false where nothing kept them.

        Raises:
            UnknownAccount: No such account.
        """
        return await self.engine.resume(self.accounts.resolve(account).name, why="by_hand")

    async def account_states(self) -> dict[str, AccountState]:
        """Tell what stands between each account and its next message."""
        return await self.engine.account_states()

    async def message(self, message_id: UUID) -> MessageRecord:
        """Give a message as it is now.

        Raises:
            UnknownMessage: No message has this id.
        """
        return await self.engine.message(message_id)

    def events(self, after: int | None = None, *, query: EventQuery | None = None) -> EventStream:
        """Follow what happens, from a position on or from now, without end."""
        return EventStream(self.engine, after, query=query)

    async def watch(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> NoReturn:
        """Wake whoever waits in `send`: one reader of the log for all of them."""
        position = await self.engine.head()
        task_status.started()
        while True:
            try:
                await self.engine.wait_for_events(position, POLL_S)
                events = await self.engine.events(position, limit=PAGE)
            except EngineError as error:
                self._store_watch.failed("the dispatcher", error)
                await anyio.sleep(POLL_S)
                continue
            for event in events:
                position = event.position
                for news in self._waiting.get(event.subject or "", ()):
                    news.set()

    @contextmanager
    def _news_of(self, message_id: UUID) -> Iterator[News]:
        """Take part in what `watch` sees of one message."""
        key, news = str(message_id), News()
        self._waiting.setdefault(key, set()).add(news)
        try:
            yield news
        finally:
            self._waiting[key].discard(news)
            if not self._waiting[key]:
                del self._waiting[key]

    async def _first_handover(self, message_id: UUID, news: News, wait_s: float) -> Receipt:
        record = await self.engine.message(message_id)
        with anyio.move_on_after(wait_s):
            while record.status.on_its_way:
                await news.wait()
                record = await self.engine.message(message_id)
        if record.status.on_its_way:
            told = await self.explain(message_id)
            raise StillPending(str(message_id), record.status, " ".join((*told.why, told.next)))
        return receipt_of(record)
