"""What stands in the `data` of each type of event.

Nothing is made of these: events are written as the log keeps them. The description and
docs/events.md are, and tests hold them against what engines tell.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

import relevo
from relevo.contents import AnyKind
from relevo_server.answers.person_rows import WarningRow
from relevo_server.answers.wire import Row

T = TypeVar("T")

_MessageId = Annotated[T, Field(description="Our id of the message.")]
_Account = Annotated[str, Field(description="The account it is about.")]
_Provider = Annotated[T, Field(description="Whose provider it is.")]
_Thread = Annotated[T, Field(description="The thread the message is in.")]
_Direction = Annotated[T, Field(description="`out` is ours, `in` a person's.")]
_MessageStatus = Annotated[
    T, Field(description="Where the message stands after this event: keep this one.")
]
_To = Annotated[str | None, Field(description="Whom a message of ours is for.")]
_ToScheme = Annotated[str | None, Field(description="What kind of address `to` is.")]
_Sender = Annotated[T, Field(description="Whom a message that came in is from.")]
_SenderScheme = Annotated[T, Field(description="What kind of address `sender` is.")]
_Content = Annotated[AnyKind, Field(description="The content, as rows of messages have it.")]
_ProviderId = Annotated[str | None, Field(description="The provider's id of the message.")]
_ReplyTo = Annotated[str | None, Field(description="The `provider_message_id` it quotes.")]
_Extra = Annotated[
    dict[str, Any] | None, Field(description="What you gave with the message, as it was.")
]
_SendAt = Annotated[datetime | None, Field(description="When a `scheduled` message is due.")]
_Handovers = Annotated[
    int | None, Field(description="Attempts that count as taken, from 2 on: it may be there twice.")
]
_Attempt = Annotated[int | None, Field(description="The number of the attempt it is about.")]
_OccurredAt = Annotated[
    datetime | None, Field(description="When it happened, by the provider's clock.")
]
_Raw = Annotated[Any, Field(description="The provider's own object.")]


class EventErrorRow(Row):
    """Why something did not work."""

    code: Annotated[str, Field(description="Ours, and stable.")]
    message: str
    provider_code: Annotated[str | None, Field(description="The provider's own code.")] = None
    retryable: bool | None = None
    http_status: Annotated[int | None, Field(description="What the provider answered.")] = None
    retry_after_s: float | None = None
    phase: Annotated[relevo.Phase | None, Field(description="How far the request got.")] = None
    raw: Annotated[Any, Field(description="The provider's own error object.")] = None


class EventMediaRow(Row):
    """The file of a message. `GET /media/{id}` has it once it is `stored`."""

    id: str
    state: relevo.MediaState
    mime_type: str | None = None
    filename: str | None = None
    size: Annotated[int | None, Field(description="In bytes.")] = None
    sha256: str | None = None
    attempts: Annotated[int | None, Field(description="How often it was asked for.")] = None
    error: Annotated[EventErrorRow | None, Field(description="Why it is not here.")] = None


_Error = Annotated[EventErrorRow | None, Field(description="Why it did not work.")]
_Media = Annotated[EventMediaRow | None, Field(description="Its file, and how far that is.")]


class OutboundData(Row):
    """A message of ours changed on our side."""

    message_id: _MessageId[str]
    account: _Account
    provider: _Provider[str]
    conversation_id: _Thread[str]
    direction: _Direction[relevo.Direction]
    status: Annotated[relevo.DeliveryStatus, Field(description="The same as `message_status`.")]
    message_status: _MessageStatus[relevo.DeliveryStatus]
    to: _To
    to_scheme: _ToScheme
    content: _Content
    provider_message_id: _ProviderId = None
    reply_to: _ReplyTo = None
    extra: _Extra = None
    send_at: _SendAt = None
    handovers: _Handovers = None
    attempt: _Attempt = None
    phase: Annotated[relevo.Phase | None, Field(description="How far the attempt got.")] = None
    error: _Error = None
    raw: Annotated[Any, Field(description="What the provider answered.")] = None
    warnings: Annotated[
        list[WarningRow] | None, Field(description="What spoke against it when it was accepted.")
    ] = None
    held_for: Annotated[
        str | None, Field(description="Why a message in doubt waits for a person.")
    ] = None
    lane: Annotated[
        Literal["went_on"] | None,
        Field(description="The person's next messages no longer wait for this doubt."),
    ] = None
    settled: Annotated[Literal[True] | None, Field(description="A doubt about it has ended.")] = (
        None
    )
    resolution: Annotated[
        relevo.Resolution | None, Field(description="How, where the provider did not say it.")
    ] = None
    why: Annotated[
        str | None, Field(description="What decided so, such as `person` or `policy`.")
    ] = None
    replayed: Annotated[
        Literal[True] | None, Field(description="It was given up, and waits again.")
    ] = None


class StatusData(Row):
    """News of the provider about a message, or of the file of one.

    A status whose message is never named has no `message_id` and none of what follows from it.
    """

    message_id: _MessageId[str | None] = None
    account: _Account
    provider: _Provider[str | None] = None
    conversation_id: _Thread[str | None] = None
    direction: _Direction[relevo.Direction | None] = None
    status: Annotated[
        relevo.DeliveryStatus | None,
        Field(description="What this news says, however late it is; null for an unknown word."),
    ]
    message_status: _MessageStatus[relevo.DeliveryStatus | None] = None
    moved: Annotated[bool | None, Field(description="Whether the message moved by this news.")] = (
        None
    )
    to: _To = None
    to_scheme: _ToScheme = None
    sender: _Sender[str | None] = None
    sender_scheme: _SenderScheme[str | None] = None
    provider_message_id: _ProviderId = None
    reply_to: _ReplyTo = None
    extra: _Extra = None
    handovers: _Handovers = None
    attempt: _Attempt = None
    occurred_at: _OccurredAt = None
    error: _Error = None
    media: _Media = None
    raw: _Raw = None


class InboundData(Row):
    """A person wrote, or you did on another device."""

    message_id: _MessageId[str]
    account: _Account
    provider: _Provider[str]
    conversation_id: _Thread[str]
    direction: _Direction[relevo.Direction]
    status: Annotated[relevo.DeliveryStatus, Field(description="The same as `message_status`.")]
    message_status: _MessageStatus[relevo.DeliveryStatus]
    sender: _Sender[str]
    sender_scheme: _SenderScheme[str]
    sender_name: Annotated[str | None, Field(description="What the person calls themselves.")] = (
        None
    )
    author: Annotated[
        str | None, Field(description="Who of a group wrote it; `sender` is the group then.")
    ] = None
    aliases: Annotated[
        list[str] | None, Field(description="Other addresses of the same person.")
    ] = None
    content: _Content
    media: _Media = None
    provider_message_id: _ProviderId = None
    reply_to: _ReplyTo = None
    live: Annotated[bool, Field(description="False for history, and for what you wrote.")]
    from_us: Annotated[
        Literal[True] | None, Field(description="You wrote it, on another device, to `sender`.")
    ] = None
    forwarded: Annotated[
        Literal[True] | None, Field(description="The person passed on what another wrote.")
    ] = None
    referral: Annotated[Any, Field(description="Where the person came from, such as an ad.")] = None
    errors: Annotated[
        list[EventErrorRow] | None, Field(description="What the provider says went wrong with it.")
    ] = None
    occurred_at: _OccurredAt = None
    raw: _Raw = None


class AccountData(Row):
    """News about an account, or about a person of it; `kind` says which."""

    account: _Account
    kind: Annotated[str, Field(description="What happened; see the kinds below.")]
    provider: Annotated[
        str | None,
        Field(description="Whose provider it is; `paused`, `blocked` and `resumed` do not say."),
    ] = None
    why: Annotated[str | None, Field(description="What stopped it, or let it go on.")] = None
    error: _Error = None
    until: Annotated[datetime | None, Field(description="Until when it is `blocked`.")] = None
    can_send: Annotated[
        bool | None, Field(description="Whether the provider lets it send; null: it did not say.")
    ] = None
    before: Annotated[
        dict[str, Any] | None, Field(description="The facts that changed, as they were.")
    ] = None
    after: Annotated[dict[str, Any] | None, Field(description="And as they are.")] = None
    problems: Annotated[list[str] | None, Field(description="What there is to mend.")] = None
    conversation_id: Annotated[
        str | None, Field(description="The thread that goes on for both.")
    ] = None
    joined_id: Annotated[str | None, Field(description="The thread that is part of it now.")] = None
    to: Annotated[str | None, Field(description="The person it is about.")] = None
    to_scheme: _ToScheme = None
    aliases: Annotated[
        list[str] | None, Field(description="Other addresses of the same person.")
    ] = None
    category: Annotated[
        str | None, Field(description="What the person wants or not, as `marketing_messages`.")
    ] = None
    allowed: Annotated[bool | None, Field(description="Whether they want it.")] = None
    occurred_at: _OccurredAt = None
    raw: _Raw = None


class WebhookData(Row):
    """An item of a webhook was set aside, or given up."""

    account: _Account
    provider: _Provider[str | None] = None
    webhook_id: Annotated[int, Field(description="The webhook; `GET /inbox/{id}` shows it.")]
    key: Annotated[str, Field(description="Which of its items.")]
    state: Annotated[
        Literal["quarantined", "discarded"], Field(description="`quarantined` or `discarded`.")
    ]
    error: Annotated[EventErrorRow, Field(description="Why it could not be applied.")]


class GapData(Row):
    """What you know and what follows do not join."""

    reason: Annotated[str, Field(description="Why, in words.")]
    from_: int | None = Field(
        default=None, alias="from", description="The first position that is gone."
    )
    to: Annotated[int | None, Field(description="The last position that is gone.")] = None
    asked: Annotated[str | None, Field(description="The place you showed.")] = None
    epoch_before: Annotated[
        str | None, Field(description="The epoch of the log that an event handler knew.")
    ] = None
    continues_after: Annotated[
        int | None, Field(description="The position after which it goes on.")
    ] = None
