"""Messages: send, list, look, and what a person does with them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import NoneType
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from relevo.client.answers.messages import (
    CancelRow,
    MessageDetail,
    MessagePage,
    MessageRow,
    ReplayedRow,
)
from relevo.client.answers.plans import BatchAnswer, PlanRow
from relevo.client.call import Call, ListCall, asked, given
from relevo.client.calls.outgoing import (
    AnyContent,
    batch_item,
    checked_key,
    message_body,
    new_key,
    person,
)
from relevo.engines.records import Direction, Resolution
from relevo.errors import InvalidMessage
from relevo.events import DeliveryStatus
from relevo.messages import Address, Message, Priority, UnknownPolicy

PAGE = 200


def send(  # noqa: PLR0913 - each is a field
    message: Message | None = None,
    /,
    *,
    to: Address | str | None = None,
    text: str | None = None,
    content: AnyContent | None = None,
    account: str | None = None,
    reply_to: str | None = None,
    extra: Mapping[str, JsonValue] | None = None,
    expires_at: datetime | None = None,
    send_at: datetime | None = None,
    priority: Priority | str | None = None,
    on_unknown: UnknownPolicy | str | None = None,
    wait_s: float | None = None,
    idempotency_key: str | None = None,
) -> Call[MessageRow]:
    """Send a message: once, however often the request has to be repeated.

    Give a `relevo.Message`, or its parts. The answer means that the message is on the server's
    disk, not that it was delivered.

    Args:
        message: All of it. Its `message_id` makes the request one of a kind; the server
            gives the message an id of its own.
        to: A phone number with its country code, or `scheme:value`.
        text: Short for a text content.
        content: Any kind of content, as a model or as its JSON.
        account: Who sends; left out where there is one account or a default.
        reply_to: The provider_message_id of the message this one quotes.
        extra: Merged last into the provider's payload. Unchecked.
        expires_at: Never handed over after this moment; with its time zone.
        send_at: Not before this moment; with its time zone.
        priority: `bulk` lets everything normal go first.
        on_unknown: What follows when nobody knows whether it left.
        wait_s: Wait so many seconds, 60 at most, for the provider to take it: then `receipt`
            is there. Still under way after that is no error.
        idempotency_key: Left out, one is made for this call.

    Raises:
        SendError: It was waited for and refused: `Rejected`, `WindowClosed`, ...
        InvalidMessage: The address or the content cannot be sent by this account.
        UnknownAccount: No such account, or none named where there are several.
        IdempotencyConflict: The key was used for another message.
        AnswerLost: No answer came, even to repeats: whether it was kept is not known.
        RequestRefused: The key is none that a server takes.
        RelevoError: No server answers, or it refuses otherwise.
    """
    parts = given(
        to=person(to),
        text=text,
        content=content,
        account=account,
        reply_to=reply_to,
        extra=extra,
        expires_at=expires_at,
        send_at=send_at,
        priority=priority,
        on_unknown=on_unknown,
    )
    headers = {
        "Idempotency-Key": new_key(message)
        if idempotency_key is None
        else checked_key(idempotency_key)
    }
    if wait_s:
        headers["Prefer"] = f"wait={math.ceil(wait_s)}"
    return Call(
        "POST /messages",
        MessageRow,
        body=message_body(message, parts),
        headers=headers,
        repeatable=True,
        wait_s=wait_s or 0,
    )


def send_batch(
    messages: Sequence[Message | Mapping[str, Any]],
    /,
    *,
    idempotency_keys: Sequence[str] | None = None,
) -> Call[BatchAnswer]:
    """Send up to 1,000 messages at once; each is accepted or refused by itself.

    Args:
        messages: In the order in which they enter their lanes; each whole, or its fields as
            `POST /messages/batch` takes them, with an `idempotency_key` of its own if it has one.
        idempotency_keys: One for each; left out, their ids.

    Raises:
        InvalidMessage: There are not as many keys as messages, or an item has two.
        TypeError: One is neither a message nor its fields.
        RelevoError: The batch as a whole is refused, or no server answers.
    """
    keys = [None] * len(messages) if idempotency_keys is None else idempotency_keys
    if len(keys) != len(messages):
        msg = f"There are {len(messages)} messages and {len(keys)} keys; give one for each."
        raise InvalidMessage(msg)
    items = [batch_item(one, key) for one, key in zip(messages, keys, strict=True)]
    return Call("POST /messages/batch", BatchAnswer, body={"items": items}, repeatable=True)


def plan(  # noqa: PLR0913 - each is a field
    message: Message | None = None,
    /,
    *,
    to: Address | str | None = None,
    text: str | None = None,
    content: AnyContent | None = None,
    account: str | None = None,
    reply_to: str | None = None,
    extra: Mapping[str, JsonValue] | None = None,
    expires_at: datetime | None = None,
    send_at: datetime | None = None,
    priority: Priority | str | None = None,
    on_unknown: UnknownPolicy | str | None = None,
) -> Call[PlanRow]:
    """Tell what would become of a message if it were sent now; nothing is kept or sent.

    Takes what `send` takes.

    Raises:
        RelevoError: It could not be accepted, or no server answers.
    """
    parts = given(
        to=person(to),
        text=text,
        content=content,
        account=account,
        reply_to=reply_to,
        extra=extra,
        expires_at=expires_at,
        send_at=send_at,
        priority=priority,
        on_unknown=on_unknown,
    )
    body = message_body(message, parts)
    return Call("POST /messages/plan", PlanRow, body=body, repeatable=True)


def messages(  # noqa: PLR0913 - each is a filter
    *,
    direction: Direction | None = None,
    account: str | None = None,
    status: DeliveryStatus | Collection[DeliveryStatus] | None = None,
    conversation_id: str | None = None,
    to: Address | str | None = None,
    provider_message_id: str | None = None,
    created_from: datetime | None = None,
    created_until: datetime | None = None,
    dead: bool | None = None,
    limit: int | None = None,
    page_size: int = PAGE,
) -> ListCall[MessageRow]:
    """List messages of both directions, newest first; pages are fetched as they are needed.

    Args:
        direction: Ours, or people's.
        account: Of this account.
        status: That are there now; one status, or several.
        conversation_id: Of this thread.
        to: With this person, of both directions.
        provider_message_id: That the provider knows by this id.
        created_from: Kept at this moment or later; with its time zone.
        created_until: Kept before this moment.
        dead: True: only those given up before any handover. False: all others.
        limit: How many in all; left out, all there are.
        page_size: How many are asked for at once, 200 at most.
    """
    wanted = asked(
        direction=direction,
        account=account,
        status=status,
        conversation_id=conversation_id,
        to=person(to),
        provider_message_id=provider_message_id,
        created_from=created_from,
        created_until=created_until,
        dead=dead,
    )

    def page(size: int, cursor: str | None) -> Call[MessagePage]:
        params = {**wanted, **asked(limit=size, cursor=cursor)}
        return Call("GET /messages", MessagePage, params=params, repeatable=True)

    return ListCall(page, limit, page_size)


def message(message_id: UUID | str, /) -> Call[MessageDetail]:
    """Look at one message: its attempts, what the provider told, why it is where it is.

    Raises:
        UnknownMessage: No message has this id.
    """
    places = {"message_id": str(message_id)}
    return Call("GET /messages/{message_id}", MessageDetail, places, repeatable=True)


def cancel(message_id: UUID | str, /) -> Call[CancelRow]:
    """Withdraw a message that waits.

    Raises:
        UnknownMessage: No message has this id.
        RequestRefused: It is too late (`problem.code` is `too_late`).
    """
    places = {"message_id": str(message_id)}
    return Call("POST /messages/{message_id}/cancel", CancelRow, places, repeatable=True)


def retry(message_id: UUID | str, /) -> Call[MessageRow]:
    """Send a message again that was given up before any handover.

    Raises:
        UnknownMessage: No message has this id.
        NotReplayable: It was not given up, or a provider took it once.
    """
    places = {"message_id": str(message_id)}
    return Call("POST /messages/{message_id}/retry", MessageRow, places)


def replay(  # noqa: PLR0913 - each is a filter
    *,
    account: str | None = None,
    ids: Sequence[UUID | str] | None = None,
    to: Address | str | None = None,
    status: DeliveryStatus | Collection[DeliveryStatus] | None = None,
    conversation_id: str | None = None,
    error_code: str | None = None,
    created_from: datetime | None = None,
    created_until: datetime | None = None,
    closed_from: datetime | None = None,
    closed_until: datetime | None = None,
    limit: int | None = None,
) -> Call[ReplayedRow]:
    """Send messages again that were given up before any handover, oldest first.

    Args:
        account: Of this account.
        ids: These, without any other filter. One that cannot be sent again refuses all.
        to: To this person.
        status: That are there now, `failed` or `expired`; one, or both.
        conversation_id: Of this thread.
        error_code: Whose last error has this code of ours, such as `unavailable`.
        created_from: Kept at this moment or later; with its time zone.
        created_until: Kept before this moment.
        closed_from: Given up at this moment or later; with its time zone.
        closed_until: Given up before this moment.
        limit: How many, 1,000 at most.

    Raises:
        UnknownMessage: No message has one of these ids.
        NotReplayable: One of these was not given up.
        RelevoError: No filter is given, or the server refuses otherwise.
    """
    body = given(
        account=account,
        ids=ids,
        to=person(to),
        status=[status] if isinstance(status, str) else status,
        conversation_id=conversation_id,
        error_code=error_code,
        created_from=created_from,
        created_until=created_until,
        closed_from=closed_from,
        closed_until=closed_until,
        limit=limit,
    )
    return Call("POST /messages/replay", ReplayedRow, body=body)


def resolve(message_id: UUID | str, resolution: Resolution | str, /) -> Call[MessageRow]:
    """End the doubt about a message that is `unknown`, by a person's word.

    Args:
        message_id: The message.
        resolution: `sent`: it was. `not_sent`: it was not, and is given up. `resend`: it is
            sent again, and may arrive twice.

    Raises:
        UnknownMessage: No message has this id.
        NotInDoubt: Its outcome is known.
    """
    places = {"message_id": str(message_id)}
    body = given(resolution=resolution)
    return Call("POST /messages/{message_id}/resolve", MessageRow, places, body=body)


def read(message_id: UUID | str, /) -> Call[None]:
    """Let a person see that their message was read.

    Raises:
        NotSupported: The provider cannot tell them.
        RelevoError: The provider, or the server, refuses.
    """
    places = {"message_id": str(message_id)}
    return Call("POST /messages/{message_id}/read", NoneType, places, repeatable=True)


def typing(message_id: UUID | str, /) -> Call[None]:
    """Show the person who wrote a message that an answer is being written.

    Raises:
        NotSupported: The provider cannot show it.
        RelevoError: The provider, or the server, refuses.
    """
    places = {"message_id": str(message_id)}
    return Call("POST /messages/{message_id}/typing", NoneType, places, repeatable=True)
