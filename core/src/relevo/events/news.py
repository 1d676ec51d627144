"""What providers tell: an answer, later news, messages from people, news about accounts."""

from __future__ import annotations

from dataclasses import KW_ONLY
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, JsonValue
from pydantic.dataclasses import dataclass

from relevo.contents import InboundContent
from relevo.errors import Phase, SendError, Throttled
from relevo.events.statuses import DeliveryStatus
from relevo.messages import Address, AnyInboundContent

_VALUE = ConfigDict(extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True, config=_VALUE)
class ErrorDetail:
    """Describe an error as events, rows and the API tell it.

    `code` is ours and stable; `provider_code` is the provider's word for it.
    """

    code: str
    message: str
    provider_code: str | None = None
    retryable: bool = False
    http_status: int | None = None
    retry_after_s: float | None = None
    phase: Phase | None = None
    raw: JsonValue = Field(default=None, repr=False)

    @classmethod
    def of(cls, error: SendError) -> ErrorDetail:
        """Describe a `SendError`."""
        return cls(
            code=error.code,
            message=error.message,
            provider_code=error.provider_code,
            retryable=error.retryable,
            http_status=error.http_status,
            retry_after_s=error.retry_after_s if isinstance(error, Throttled) else None,
            phase=error.phase,
            raw=error.raw,
        )


@dataclass(frozen=True, config=_VALUE)
class StatusUpdate:
    """Tell later news about one message of ours.

    Args:
        provider_message_id: The provider's id of the message.
        status: Where it is now; None for a word we do not know, which moves nothing.
        raw: The provider's own object.
        message_id: Our id, where the provider echoes it.
        attempt: The attempt's number, where the provider echoes it.
        error: Why it failed.
        occurred_at: When, by the provider's clock.
        recipient: The person as the provider names them; it may differ from what was asked.
        recipient_aliases: Other addresses of the same person, seen in the same item.
    """

    provider_message_id: str
    status: DeliveryStatus | None
    raw: JsonValue = Field(default=None, repr=False)
    message_id: UUID | None = None
    attempt: int | None = None
    error: ErrorDetail | None = None
    occurred_at: AwareDatetime | None = None
    recipient: Address | None = None
    recipient_aliases: tuple[Address, ...] = ()


@dataclass(frozen=True, config=_VALUE)
class InboundMessage:
    """Tell that a person wrote to us.

    Args:
        sender: Who the thread is with.
        content: What they wrote; plain text may be given as it is.
        raw: The provider's own object.
        provider_message_id: The provider's id of the message.
        reply_to: The provider_message_id of the message it quotes.
        sender_name: What the person calls themselves.
        occurred_at: When, by the provider's clock.
        aliases: Other addresses of the same person, seen in the same item.
        live: Just written. Not so history, nor an echo of what the business wrote elsewhere.
        from_us: An echo: the business wrote it, from another device, to `sender`.
        forwarded: The person passed on what another wrote.
        referral: The provider's object for where the person came from, such as an advertisement.
        errors: What the provider says went wrong with it.
        author: Who of a group wrote it, where `sender` is the group.
    """

    sender: Address
    content: AnyInboundContent
    raw: JsonValue = Field(default=None, repr=False)
    provider_message_id: str | None = None
    reply_to: str | None = None
    sender_name: str | None = Field(default=None, repr=False)
    occurred_at: AwareDatetime | None = None
    _: KW_ONLY
    aliases: tuple[Address, ...] = ()
    live: bool = True
    from_us: bool = False
    forwarded: bool = False
    referral: JsonValue = Field(default=None, repr=False)
    errors: tuple[ErrorDetail, ...] = ()
    author: Address | None = None

    if TYPE_CHECKING:
        # What pydantic accepts at run time, told to type checkers.
        def __init__(  # noqa: PLR0913 - each is a field
            self,
            sender: Address,
            content: InboundContent | str,
            raw: JsonValue = None,
            provider_message_id: str | None = None,
            reply_to: str | None = None,
            sender_name: str | None = None,
            occurred_at: datetime | None = None,
            *,
            aliases: tuple[Address, ...] = (),
            live: bool = True,
            from_us: bool = False,
            forwarded: bool = False,
            referral: JsonValue = None,
            errors: tuple[ErrorDetail, ...] = (),
            author: Address | None = None,
        ) -> None: ...


@dataclass(frozen=True, config=_VALUE)
class AccountUpdate:
    """Tell news about an account: health, quality, templates. `kind` is the provider's word."""

    kind: str
    raw: JsonValue = Field(default=None, repr=False)
    occurred_at: AwareDatetime | None = None


@dataclass(frozen=True, config=_VALUE)
class PersonUpdate:
    """Tell news about a person: another address of theirs, or what they want to be sent.

    Args:
        person: Whom it is about.
        kind: `alias` for a learned or changed address, `preference` for an opt-out or opt-in,
            or the provider's own word.
        aliases: Other addresses of the same person.
        category: What the preference is about, such as `marketing_messages`.
        allowed: Whether they want it; None where the news do not say.
        raw: The provider's own object.
        occurred_at: When, by the provider's clock.
    """

    person: Address
    kind: str
    aliases: tuple[Address, ...] = ()
    category: str | None = None
    allowed: bool | None = None
    raw: JsonValue = Field(default=None, repr=False)
    occurred_at: AwareDatetime | None = None


ProviderEvent = InboundMessage | StatusUpdate | AccountUpdate | PersonUpdate
"""What a webhook item can mean."""


@dataclass(frozen=True, config=_VALUE)
class Receipt:
    """Acceptance, not delivery: the provider took the message.

    Args:
        provider_message_id: The provider's id, or None where its answer could not be read.
        raw: The provider's answer, untouched.
        recipient: The person as the provider names them, where it differs from `to`.
        updates: News that the answer already carries, as some providers do.
        recipient_aliases: Other addresses of the same person, seen in the answer.
    """

    provider_message_id: str | None
    raw: JsonValue = Field(default=None, repr=False)
    recipient: Address | None = None
    updates: tuple[StatusUpdate, ...] = ()
    recipient_aliases: tuple[Address, ...] = ()
