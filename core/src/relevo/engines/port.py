"""The engine port: the only door between Relevo and a store.

Every call is one transaction: all of it is kept, or nothing. What a call
returns has happened, as durably as the engine promises.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from relevo.engines.records import (
    Accepted,
    AccountState,
    AttemptRecord,
    Begin,
    Checks,
    Claim,
    Completion,
    ConversationRecord,
    CursorLease,
    CursorRecord,
    CursorTrouble,
    Doubt,
    EnginePulse,
    EventQuery,
    HealthRecord,
    IdempotencyKey,
    InterpretedWebhook,
    ItemState,
    MediaOutcome,
    MediaRecord,
    MessageQuery,
    MessageRecord,
    Page,
    PersonRecord,
    Purged,
    QuarantinedItem,
    ReplayQuery,
    Resolution,
    Retention,
    Settlement,
    Standing,
    UploadRecord,
    WebhookRecord,
)
from relevo.events import ErrorDetail, Event
from relevo.messages import Message
from relevo.terms import AccountTerms
from relevo.webhooks import WebhookRequest

Clock = Callable[[], datetime]
"""Tells the time, aware and in UTC; tests turn it by hand."""


class CancelOutcome(StrEnum):
    """What came of asking to cancel."""

    CANCELLED = "cancelled"
    TOO_LATE = "too_late"


class Outbox(Protocol):
    """Durable to-send state: accept, claim, complete."""

    async def accept(
        self,
        message: Message,
        *,
        provider: str,
        lane_key: str,
        idempotency: IdempotencyKey | None = None,
        checks: Checks | None = None,
    ) -> Accepted:
        """Keep a message at its lane's tail, or until its `send_at`, with its first event.

        `message.account` is set. Accepting a `message_id` again gives the record
        as it is and changes nothing; so does a known idempotency key with the
        same fingerprint, while its message is open and a day after. `checks` say what
        is looked at of the person first; what speaks against it is kept as `warnings`.

        Raises:
            InvalidMessage: It is not known and its `expires_at` is past; nothing was kept.
            WindowClosed: The checks say to refuse it; nothing was kept.
            OptedOut: The checks say to refuse it; nothing was kept.
            IdempotencyConflict: The key was used for something else; nothing was kept.
            EngineBusy: Too many writes wait; nothing was kept.
            EngineUnavailable: The store cannot be written.
        """
        ...

    async def person(self, account: str, lane_key: str) -> PersonRecord:
        """Tell what is known about a person by the lane of any of their addresses."""
        ...

    async def cancel(self, message_id: UUID) -> CancelOutcome:
        """Withdraw a message that waits, also for its retry or its time; else it is `too_late`.

        Raises:
            UnknownMessage: No outbound message has this id.
        """
        ...

    async def claim(
        self, worker: str, *, limit: int, lease_s: float, terms: Mapping[str, AccountTerms]
    ) -> list[Claim]:
        """Take the heads of up to `limit` due lanes, each with a lease and a `sending` attempt.

        Only accounts in `terms` are looked at, none that is paused or blocked,
        each within its rate and pace. Messages whose time came join their lanes
        first. One lane has at most one holder. Heads whose time is over become
        `expired` on the way. An attempt whose lease ended without completion
        becomes `unknown`, with what the policy makes of it.
        Fewer claims than `limit`, or none, do not mean that no lane is due.
        """
        ...

    async def complete(self, completions: Sequence[Completion]) -> None:
        """Commit outcomes: attempt, message, its events, and when the lane is due next.

        Completing an attempt again changes nothing.
        """
        ...

    async def renew(self, claim: Claim, *, lease_s: float) -> bool:
        """Lengthen a claim's lease, from now; False: it is lost, and nothing may be handed over."""
        ...

    async def wait_for_work(self, timeout_s: float, terms: Mapping[str, AccountTerms]) -> None:
        """Return when a lane of these accounts may be due, or after the time."""
        ...

    async def replay(self, query: ReplayQuery) -> list[UUID]:
        """Put dead letters back at their lanes' tails with fresh attempts; give their ids.

        A message that expired gets its whole life again.
        """
        ...


class Doubts(Protocol):
    """Messages of which nobody knows whether they left."""

    async def doubts(self, accounts: Collection[str], limit: int) -> list[Doubt]:
        """Give doubts that are due for a look, longest due first."""
        ...

    async def settle(self, settlement: Settlement, terms: AccountTerms) -> bool:
        """Keep what a look led to. False: the doubt was over already; nothing changed."""
        ...

    async def resolve(self, message_id: UUID, resolution: Resolution) -> MessageRecord:
        """End a doubt as a person decides; tell it as an event.

        Raises:
            UnknownMessage: No outbound message has this id.
            NotInDoubt: Its outcome is known; nothing changed.
        """
        ...

    async def wait_for_doubts(self, timeout_s: float) -> None:
        """Return when a doubt may be due, or after the time."""
        ...


class AccountStates(Protocol):
    """What all machines share about an account."""

    async def account_states(self) -> dict[str, AccountState]:
        """Give the state of every account that has one."""
        ...

    async def pause(self, account: str, error: ErrorDetail) -> None:
        """Stop claiming an account's messages, with a `messaging.account` event."""
        ...

    async def resume(self, account: str, *, why: str) -> bool:
        """Claim them again, now; `why` is a stable word. False: it was not paused or blocked."""
        ...

    async def configured(self, fingerprints: Mapping[str, str]) -> None:
        """Say how accounts are configured now: one that was changed while paused is resumed."""
        ...

    async def begin_health(self, account: str, *, gap_s: float) -> bool:
        """Take the turn to ask how an account is; false: somebody did less than `gap_s` ago."""
        ...

    async def note_health(self, account: str, seen: HealthRecord) -> bool:
        """Keep how it is, with a `messaging.account` event where that changed; tell whether."""
        ...


class Inbox(Protocol):
    """Durable raw webhooks and what was made of them."""

    async def keep_webhook(self, account: str, request: WebhookRequest) -> int:
        """Commit a verified webhook as it came; give its id."""
        ...

    async def pending_webhooks(self, limit: int) -> list[WebhookRecord]:
        """Take the oldest webhooks that nothing was made of yet, each account in its turn.

        While some of an account are taken, nobody is given others of it, so that
        they are applied in the order they came; for half a minute, or until who
        took them is known to be gone.
        """
        ...

    async def hand_back(self, webhook_ids: Collection[int]) -> None:
        """Let others take webhooks that were taken and will not be applied here."""
        ...

    async def apply_items(self, webhooks: Sequence[InterpretedWebhook]) -> list[list[ItemState]]:
        """Apply webhooks in their order: each item once per account and key; close them.

        A webhook is kept with all of its items or not at all, many of them in
        one transaction, and each item apart from its neighbours. A duplicate
        changes nothing. An item with a fault is quarantined with a
        `messaging.webhook` event; when it comes again without one it is applied.

        Raises:
            EngineError: Some could not be kept, and are pending still; the others are.
        """
        ...

    async def quarantined(
        self, *, account: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[QuarantinedItem]:
        """Give items that were set aside, newest first. The cursor is opaque."""
        ...

    async def webhook(self, webhook_id: int) -> WebhookRecord:
        """Give one raw webhook.

        Raises:
            UnknownWebhook: None has this id, or it is no longer kept.
        """
        ...

    async def reopen(
        self, *, account: str | None = None, webhook_ids: Collection[int] = (), limit: int = 1_000
    ) -> list[int]:
        """Let webhooks with items set aside be worked through again; give their ids.

        What was applied stays applied once. Without ids: all of the account, or of all.
        """
        ...

    async def beat(self, *, every_s: float) -> None:
        """Note that the receiver is up. A silence of more than twice `every_s` was an outage."""
        ...

    async def wait_for_webhooks(self, timeout_s: float) -> None:
        """Return when a webhook may be pending, or after the time."""
        ...


class EventLog(Protocol):
    """The durable, ordered, gap-free log of everything that happened."""

    @property
    def epoch(self) -> str:
        """The log's life: positions of different epochs do not compare."""
        ...

    async def head(self) -> int:
        """Give the newest position; 0 for an empty log."""
        ...

    async def events(
        self, after: int, *, limit: int = 500, query: EventQuery | None = None
    ) -> list[Event]:
        """Give events above a position, in order.

        Where some of them are no longer kept, a `messaging.gap` event comes
        first; it stands at the last position that is gone.
        """
        ...

    async def renew_epoch(self, *, shown: int) -> str:
        """Begin a new epoch if a reader was shown a position above the head; give the epoch.

        It means that the store was replaced or restored, and positions mean other events now.
        """
        ...

    async def wait_for_events(self, after: int, timeout_s: float) -> int:
        """Return the head once it is above `after`, or as it is after the time."""
        ...


class Cursors(Protocol):
    """Named durable places in the event log, each in at most one reader's hands."""

    async def take_cursor(
        self, name: str, worker: str, *, lease_s: float, begin: Begin = Begin.HEAD
    ) -> CursorLease | None:
        """Take a cursor, or make it where `begin` says; None: another worker has it.

        A worker that takes its own again gets a new lease, and the old one ends.
        A cursor above the head (the log lost events it had seen) goes back to the
        start, and the log begins a new epoch: rather again than never.
        """
        ...

    async def move_cursor(
        self, lease: CursorLease, *, lease_s: float, trouble: CursorTrouble | None = None
    ) -> CursorLease | None:
        """Keep the lease's position, never a lower one, and lengthen it; None: it is lost.

        It is lost once another took the cursor or somebody forgot it; that its time
        is over does not lose it. Moving it again to where it is changes nothing else.
        """
        ...

    async def release_cursor(self, lease: CursorLease) -> None:
        """Let another take it now. A lease that is lost changes nothing."""
        ...

    async def cursors(self) -> list[CursorRecord]:
        """Give all cursors by name, with how far each is behind."""
        ...

    async def forget_cursor(self, name: str) -> bool:
        """Forget a cursor; whoever takes it next begins anew. False: there is none."""
        ...


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
        self, *, account: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[ConversationRecord]:
        """Give threads, newest activity first. The cursor is opaque.

        One that became a part of an older one is counted into that.
        """
        ...

    async def conversation(self, conversation_id: str) -> PersonRecord:
        """Give a thread, or the one it became a part of, and what its person wants.

        Raises:
            UnknownConversation: No thread has this id.
        """
        ...

    async def standing(self, message_id: UUID) -> Standing:
        """Give all that decides what happens to a message next, seen at one moment.

        Raises:
            UnknownMessage: No message has this id.
        """
        ...


class MediaBook(Protocol):
    """What is known about files; their bytes lie in a media store."""

    async def add_media(self, media: MediaRecord) -> None:
        """Note a file of ours that is being kept."""
        ...

    async def media(self, media_id: UUID) -> MediaRecord:
        """Give one file.

        Raises:
            UnknownMedia: No file has this id.
        """
        ...

    async def media_of(self, message_ids: Collection[UUID]) -> dict[UUID, MediaRecord]:
        """Give the files that came with messages, by the messages' ids."""
        ...

    async def claim_media(self, room: Mapping[str, int], *, lease_s: float) -> list[MediaRecord]:
        """Take files that are due to be fetched, at most so many of each account in `room`.

        Each counts as an attempt. Nobody else is given it for `lease_s` seconds.
        """
        ...

    async def finish_media(self, outcome: MediaOutcome) -> bool:
        """Keep what came of a file; False: it was taken by another since, and nothing changed.

        Once it is `stored` or `failed`, a `messaging.status` event of its message tells it. A
        try that would come after the deadline comes at the deadline; after that it is `failed`.
        """
        ...

    async def uploaded(self, media_id: UUID, account: str) -> UploadRecord | None:
        """Tell under which id an account's provider keeps a file of ours."""
        ...

    async def keep_upload(self, upload: UploadRecord) -> None:
        """Remember under which id an account's provider keeps a file of ours."""
        ...

    async def leaving_files(self, limit: int) -> dict[str, bool]:
        """Give stored files that are `gone`, by `store_key`: whether another row still names it."""
        ...

    async def forget_files(self, store_keys: Collection[str]) -> None:
        """Forget where files lay that are `gone`: they were removed, or are another's."""
        ...


class Engine(Outbox, Doubts, AccountStates, Inbox, EventLog, Cursors, Archive, MediaBook, Protocol):
    """The store, outbox, inbox and event log together."""

    async def tidy(self, retention: Retention, *, limit: int = 500) -> Purged:
        """Remove what need not be kept any longer, at most `limit` of each kind.

        Statuses on the shelf for a day become events without a message.
        """
        ...

    async def pulse(self) -> EnginePulse:
        """Tell how the engine is.

        Raises:
            EngineUnavailable: It cannot be read or written.
        """
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
