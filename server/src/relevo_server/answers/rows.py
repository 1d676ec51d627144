"""What the API answers with about messages, made from what the engine keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, JsonValue

import relevo
from relevo.contents import AnyKind
from relevo_server.answers.error_rows import ErrorRow, error_row
from relevo_server.answers.media_rows import MediaRow
from relevo_server.answers.person_rows import WarningRow, warning_rows
from relevo_server.answers.wire import Row

_TEL = "tel"


class ReceiptRow(Row):
    """The provider took the message. That is not delivery."""

    provider_message_id: str | None = None
    raw: Annotated[Any, Field(description="The provider's answer, untouched.")] = None


class MessageRow(Row):
    """One message of either direction, as it is now."""

    id: Annotated[str, Field(description="Ours: a UUID.")]
    direction: relevo.Direction
    status: relevo.DeliveryStatus
    account: str
    provider: str
    to: Annotated[
        str | None, Field(description="Whom an outbound message is for, as POST takes it.")
    ] = None
    sender: Annotated[
        str | None, Field(description="Who wrote an inbound message, as POST takes it.")
    ] = None
    conversation_id: str
    content: AnyKind
    live: Annotated[
        bool | None,
        Field(description="Of an inbound message: false for history, and for what you wrote."),
    ] = None
    from_us: Annotated[
        bool | None,
        Field(description="True: you wrote it, on another device. `sender` is whom you wrote to."),
    ] = None
    forwarded: Annotated[
        bool | None, Field(description="True: the person passed on what somebody else wrote.")
    ] = None
    occurred_at: Annotated[
        datetime | None,
        Field(description="When an inbound message was written, by the provider's clock."),
    ] = None
    author: Annotated[
        str | None, Field(description="Who of a group wrote it; `sender` is the group then.")
    ] = None
    referral: Annotated[
        JsonValue,
        Field(description="The provider's object for where the person came from, such as an ad."),
    ] = None
    provider_message_id: Annotated[
        str | None, Field(description="Null until the provider has answered.")
    ]
    reply_to: str | None = None
    extra: Annotated[
        dict[str, Any] | None, Field(description="As it was given with the message.")
    ] = None
    error: ErrorRow | None = None
    warnings: Annotated[
        list[WarningRow] | None, Field(description="What spoke against it when it was accepted.")
    ] = None
    attempt_count: int
    handovers: Annotated[
        int,
        Field(
            description="Attempts that count as taken, by the provider's word or a person's "
            "decision; above 1, it may be there twice."
        ),
    ]
    priority: Annotated[
        relevo.Priority, Field(description="`bulk` lets everything normal go first.")
    ]
    on_unknown: Annotated[
        relevo.UnknownPolicy | None, Field(description="Left out: as the account is configured.")
    ] = None
    created_at: datetime
    updated_at: datetime
    send_at: Annotated[datetime | None, Field(description="Not before this moment.")] = None
    expires_at: datetime | None = None
    closed_at: Annotated[
        datetime | None, Field(description="When it was handed over or given up; absent: open.")
    ] = None
    media: Annotated[
        MediaRow | None, Field(description="The file a person sent, fetched from the provider.")
    ] = None
    receipt: Annotated[
        ReceiptRow | None, Field(description="In the answer to `Prefer: wait` only.")
    ] = None


class SettledRow(Row):
    """How the doubt that a try left has ended."""

    resolution: relevo.Resolution
    why: Annotated[
        str,
        Field(
            description="A stable word: `person`; `echo` or `news` of the provider; `policy`; or "
            "what the rule for silence or asking the provider found."
        ),
    ]
    at: datetime


class AttemptRow(Row):
    """One try to hand the message over."""

    number: int
    status: Annotated[relevo.DeliveryStatus, Field(description="What it made of the message.")]
    started_at: datetime
    finished_at: datetime | None = None
    phase: Annotated[relevo.Phase | None, Field(description="How far the request got.")] = None
    provider_message_id: str | None = None
    echoed_at: Annotated[
        datetime | None, Field(description="When the provider first repeated our id of it.")
    ] = None
    error: Annotated[
        ErrorRow | None,
        Field(description="How the try itself ended. It stays when a doubt is settled later."),
    ] = None
    settled: Annotated[
        SettledRow | None,
        Field(description="How a doubt (`error.code` `outcome_unknown`) ended; left out: open."),
    ] = None
    detail: Annotated[dict[str, Any] | None, Field(description="Timing and the like.")] = None


class StatusRow(Row):
    """Later news of the provider about the message."""

    event_id: str
    status: Annotated[str | None, Field(description="Left out for a word nobody knows.")] = None
    moved: Annotated[bool, Field(description="Whether the message moved by it.")]
    heard_at: datetime
    occurred_at: Annotated[str | None, Field(description="By the provider's clock.")] = None
    error: Annotated[dict[str, Any] | None, Field(description="Why it failed.")] = None


class StandingRow(Row):
    """Why a message is where it is, and what comes next."""

    state: relevo.DeliveryStatus
    why: Annotated[list[str], Field(description="Sentences for people.")]
    next: Annotated[str, Field(description="What happens next, as a sentence.")]
    next_at: Annotated[datetime | None, Field(description="When, where that is known.")] = None


class MessageDetail(MessageRow):
    """One message with everything that is known about it."""

    standing: StandingRow
    attempts: list[AttemptRow]
    statuses: list[StatusRow]
    raw: Annotated[
        Any, Field(description="The provider's answer, or the inbound message's own object.")
    ] = None


def person(address: relevo.Address) -> str:
    """Write an address as `POST /messages` takes it."""
    return address.value if address.scheme == _TEL else address.uri()


def message_row(
    record: relevo.MessageRecord,
    receipt: relevo.Receipt | None = None,
    *,
    media: MediaRow | None = None,
) -> MessageRow:
    """Make the row of a message; with the receipt where somebody waited for it."""
    return MessageRow(
        **_members(record),
        media=media,
        receipt=ReceiptRow(provider_message_id=receipt.provider_message_id, raw=receipt.raw)
        if receipt
        else None,
    )


def message_detail(
    record: relevo.MessageRecord,
    attempts: Sequence[relevo.AttemptRecord],
    statuses: Sequence[relevo.Event],
    explanation: relevo.Explanation,
    *,
    media: MediaRow | None = None,
) -> MessageDetail:
    """Make the full view of a message."""
    return MessageDetail(
        **_members(record),
        media=media,
        standing=standing_row(explanation),
        attempts=[_attempt_row(attempt) for attempt in attempts],
        statuses=[
            # News of its file stand in `media`.
            _status_row(event)
            for event in statuses
            if "media" not in event.data
        ],
        raw=record.raw,
    )


def standing_row(explanation: relevo.Explanation) -> StandingRow:
    """Make the row of why a message is where it is."""
    return StandingRow(
        state=explanation.status,
        why=list(explanation.why),
        next=explanation.next,
        next_at=explanation.next_at,
    )


def _members(record: relevo.MessageRecord) -> dict[str, Any]:
    outbound = record.direction is relevo.Direction.OUT
    return {
        "id": str(record.message_id),
        "direction": record.direction,
        "status": record.status,
        "account": record.account,
        "provider": record.provider,
        "to" if outbound else "sender": person(record.person),
        "conversation_id": record.conversation_id,
        "content": record.content,
        "provider_message_id": record.provider_message_id,
        "reply_to": record.reply_to,
        "extra": record.extra or None,
        **_arrival(record.arrival),
        "error": error_row(record.error),
        "warnings": warning_rows(record.warnings),
        "attempt_count": record.attempts,
        "handovers": record.handovers,
        "priority": record.priority,
        "on_unknown": record.on_unknown,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "send_at": record.send_at,
        "expires_at": record.expires_at,
        "closed_at": record.closed_at,
    }


def _arrival(arrival: relevo.Arrival | None) -> dict[str, Any]:
    if arrival is None:
        return {}
    return {
        "live": arrival.live,
        "from_us": arrival.from_us or None,
        "forwarded": arrival.forwarded or None,
        "occurred_at": arrival.occurred_at,
        "author": person(arrival.author) if arrival.author else None,
        "referral": arrival.referral,
    }


def _attempt_row(attempt: relevo.AttemptRecord) -> AttemptRow:
    settled = attempt.settled
    return AttemptRow(
        number=attempt.number,
        status=attempt.status,
        started_at=attempt.started_at,
        finished_at=attempt.finished_at,
        phase=attempt.phase,
        provider_message_id=attempt.provider_message_id,
        echoed_at=attempt.echoed_at,
        error=error_row(attempt.error),
        settled=SettledRow(resolution=settled.resolution, why=settled.why, at=settled.at)
        if settled
        else None,
        detail=attempt.reported or None,
    )


def _status_row(event: relevo.Event) -> StatusRow:
    return StatusRow(
        event_id=event.id,
        status=event.data.get("status"),
        moved=bool(event.data.get("moved")),
        heard_at=event.time,
        occurred_at=event.data.get("occurred_at"),
        error=event.data.get("error"),
    )
