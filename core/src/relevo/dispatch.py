"""What an application talks to: hand a message over, wait for it, follow what happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import NoReturn
from uuid import UUID

import anyio
from anyio.abc import TaskStatus

from relevo.accounts import Accounts
from relevo.capabilities import check_capabilities
from relevo.engines.port import CancelOutcome, Clock, Engine
from relevo.engines.records import EventQuery, MessageRecord
from relevo.errors import (
    AuthFailed,
    OutcomeUnknown,
    Rejected,
    SendError,
    StillPending,
    Throttled,
    Unavailable,
    WindowClosed,
)
from relevo.events import DeliveryStatus, ErrorDetail, Receipt, utc_now
from relevo.messages import Message
from relevo.tail import PAGE, POLL_S, EventStream

MESSAGE_LIFE_S = 86_400
_ERRORS: Mapping[str, type[SendError]] = {
    kind.code: kind for kind in (Rejected, WindowClosed, Unavailable, OutcomeUnknown, AuthFailed)
}
_NEVER_HANDED_OVER: Mapping[DeliveryStatus, str] = {
    DeliveryStatus.CANCELLED: "was cancelled before any handover.",
    DeliveryStatus.EXPIRED: "expired before any handover; give it more time to try again.",
}


class Dispatcher:
    """Accept messages durably and tell what becomes of them."""

    def __init__(
        self,
        accounts: Accounts,
        engine: Engine,
        *,
        clock: Clock = utc_now,
        message_life_s: float = MESSAGE_LIFE_S,
    ) -> None:
        self.accounts = accounts
        self.engine = engine
        self._clock = clock
        self._life = timedelta(seconds=message_life_s)
        self._waiting: dict[str, set[_News]] = {}

    async def submit(self, message: Message) -> UUID:
        """Keep a message durably and return its id; it goes on by itself.

        Raises:
            UnknownAccount: No such account, or none named where there are several.
            InvalidMessage: The address or the content cannot be sent by this account.
            EngineError: The store cannot keep it; nothing was kept.
        """
        return (await self.accept(message)).message_id

    async def accept(self, message: Message) -> MessageRecord:
        """Keep a message durably like `submit`, and return it as it was kept."""
        account = self.accounts.resolve(message.account)
        provider = account.provider
        check_capabilities(
            message, provider.capabilities, account=account.name, provider=provider.name
        )
        lane_key = provider.lane_key(message.to)
        kept = message.model_copy(
            update={
                "account": account.name,
                "expires_at": message.expires_at or self._clock() + self._life,
            }
        )
        return await self.engine.accept(kept, provider=provider.name, lane_key=lane_key)

    async def send(self, message: Message, *, wait_s: float = 30) -> Receipt:
        """Submit a message and wait for its first handover.

        Raises:
            SendError: It was finally refused, or whether it was sent is unknown.
            StillPending: Waiting ended first; the message goes on by itself.
            RelevoError: What `submit` raises.
        """
        await self.accept(message)
        return await self.wait(message.message_id, wait_s=wait_s)

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
            await self.engine.wait_for_events(position, POLL_S)
            for event in await self.engine.events(position, limit=PAGE):
                position = event.position
                for news in self._waiting.get(event.subject or "", ()):
                    news.set()

    @contextmanager
    def _news_of(self, message_id: UUID) -> Iterator[_News]:
        """Take part in what `watch` sees of one message."""
        key, news = str(message_id), _News()
        self._waiting.setdefault(key, set()).add(news)
        try:
            yield news
        finally:
            self._waiting[key].discard(news)
            if not self._waiting[key]:
                del self._waiting[key]

    async def _first_handover(self, message_id: UUID, news: _News, wait_s: float) -> Receipt:
        record = await self.engine.message(message_id)
        with anyio.move_on_after(wait_s):
            while record.status.on_its_way:
                await news.wait()
                record = await self.engine.message(message_id)
        if record.status.on_its_way:
            raise StillPending(str(message_id), record.status)
        return _receipt(record)


class _News:
    """Remember that something happened until somebody asks."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self) -> None:
        await self._event.wait()
        self._event = anyio.Event()


def _receipt(record: MessageRecord) -> Receipt:
    """Give what the provider answered, or raise why it did not take the message."""
    # A message that failed later, by a status, was handed over all the same.
    if record.status.handed_over or record.provider_message_id is not None:
        return Receipt(record.provider_message_id, record.raw)
    if record.error is not None and record.status not in _NEVER_HANDED_OVER:
        raise _send_error(record.error)
    reason = _NEVER_HANDED_OVER.get(record.status, f"is {record.status} for no recorded reason.")
    last = f" Last error: {record.error.message}" if record.error else ""
    msg = f"Account {record.account!r}: message {record.message_id} {reason}{last}"
    raise Unavailable(msg)


def _send_error(detail: ErrorDetail) -> SendError:
    """Make the exception again that was written down as `detail`."""
    if detail.code == Throttled.code:
        return Throttled(
            detail.message,
            retry_after_s=detail.retry_after_s,
            provider_code=detail.provider_code,
            http_status=detail.http_status,
            raw=detail.raw,
            phase=detail.phase,
        )
    return _ERRORS.get(detail.code, Rejected)(
        detail.message,
        provider_code=detail.provider_code,
        http_status=detail.http_status,
        raw=detail.raw,
        phase=detail.phase,
    )
