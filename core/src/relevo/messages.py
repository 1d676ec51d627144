"""What an application asks to send: addresses and the message itself."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PositiveInt,
    PrivateAttr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.dataclasses import dataclass

from relevo.contents import Content, InboundContent, TextContent
from relevo.errors import UnsupportedContent

# People's words and addresses must not leak through an error's text either.
_PRIVATE = ConfigDict(extra="forbid", hide_input_in_errors=True)
_FROZEN = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
_SCHEME = re.compile(r"^([a-z][a-z0-9+._\-]*):(.+)$", re.DOTALL)
_NUMBER = re.compile(r"^\s*[+-]?[0-9.]+\s*$")
_WANTED = (
    "write ISO 8601 with an offset from UTC, such as 2026-11-22T10:00:00-03:00 "
    "or 2026-11-22T13:00:00Z"
)
DEFAULT_SCHEME = "tel"


class Priority(StrEnum):
    """Whose turn it is between people; within one person's lane order wins."""

    NORMAL = "normal"
    BULK = "bulk"
    """After everything normal, but every tenth claim looks here first."""


class UnknownPolicy(StrEnum):
    """What follows when nobody knows whether a message left."""

    RECONCILE = "reconcile"
    """Sent again once silence proves that it was not sent; held where it proves nothing."""
    HOLD = "hold"
    """Never again by itself: a person decides."""
    RESEND = "resend"
    """Sent again at once: it may arrive twice."""


def _in_utc(moment: datetime) -> datetime:
    """Refuse what is a date in its own zone only: no store could give it back."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        msg = "it is beyond the calendar in UTC"
    raise ValueError(msg)


def _written_out(value: object, read: ValidatorFunctionWrapHandler) -> datetime:
    """Refuse numbers, which would mean seconds or milliseconds by their size, and say what fits."""
    msg = f"it is no moment; {_WANTED}"
    if isinstance(value, datetime) or (isinstance(value, str) and not _NUMBER.match(value)):
        try:
            moment: datetime = read(value)
        except ValidationError as error:
            if any(fault["type"] == "timezone_aware" for fault in error.errors()):
                msg = f"it does not say its offset from UTC; {_WANTED}"
        else:
            return moment
    raise ValueError(msg)


Moment = Annotated[AwareDatetime, WrapValidator(_written_out), AfterValidator(_in_utc)]
"""A `datetime` with its zone, or its ISO 8601 text with an offset; kept in UTC."""
Trace = Annotated[str, Field(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")]
"""A W3C `traceparent`: version, trace, span and flags in hexadecimal digits."""


def new_message_id() -> UUID:
    """Make a UUIDv7: 48 bits of milliseconds, then 74 random bits (RFC 9562, 5.7)."""
    stamp = (time.time_ns() // 1_000_000) & 0xFFFF_FFFF_FFFF
    number = (stamp << 80) | int.from_bytes(os.urandom(10), "big")
    number = number & ~(0xF << 76) | (0x7 << 76)
    number = number & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=number)


@dataclass(frozen=True, config=_PRIVATE)
class Address:
    """Name where a message goes or comes from: a scheme and a value.

    `tel` is a phone number; other schemes are the provider's own. The value is
    kept as it was given. `str()` and `repr()` hide it: write `address.value`.
    """

    scheme: Annotated[str, Field(pattern=r"^[a-z][a-z0-9+._\-]*$", max_length=32)]
    value: Annotated[str, Field(min_length=1, max_length=256)]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `scheme:value`, or a bare value as a phone number."""
        match = _SCHEME.match(text)
        return cls(match[1], match[2]) if match else cls(DEFAULT_SCHEME, text)

    def uri(self) -> str:
        """Write the address as `scheme:value`."""
        return f"{self.scheme}:{self.value}"

    def __repr__(self) -> str:
        return f"Address({self.scheme!r}, '***')"

    __str__ = __repr__


def _parse_address(value: object) -> object:
    return Address.parse(value) if isinstance(value, str) else value


AnyAddress = Annotated[Address, BeforeValidator(_parse_address)]


def _text_to_content(value: object) -> object:
    return {"type": "text", "body": value} if isinstance(value, str) else value


AnyContent = Annotated[Content, BeforeValidator(_text_to_content)]
AnyInboundContent = Annotated[InboundContent, BeforeValidator(_text_to_content)]


class Message(BaseModel):
    """Say what to send to whom. `text="hola"` is short for a text content."""

    model_config = _FROZEN

    message_id: UUID = Field(default_factory=new_message_id)
    account: str | None = Field(
        default=None, description="May be left out where there is one account or a default."
    )
    to: AnyAddress = Field(description="A phone number, or `scheme:value`.")
    content: AnyContent
    reply_to: str | None = Field(
        default=None, description="The provider_message_id of the message this one quotes."
    )
    extra: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="Merged last into the provider's payload. Unchecked.",
    )
    expires_at: Moment | None = Field(
        default=None, description="Never handed over after this moment."
    )
    max_attempts: PositiveInt | None = Field(
        default=None, description="Fewer attempts than the engine's own limit."
    )
    send_at: Moment | None = Field(
        default=None, description="Not before this moment. It joins the person's lane then."
    )
    priority: Priority = Field(
        default=Priority.NORMAL, description="`bulk` lets everything normal go first."
    )
    on_unknown: UnknownPolicy | None = Field(
        default=None,
        description="What follows when nobody knows whether it left; the account's own policy "
        "where this is left out.",
    )
    trace: Trace | None = Field(
        default=None,
        description="The trace it is asked for in, a W3C `traceparent`. It goes to no provider.",
    )
    _attempt: int = PrivateAttr(default=1)

    if TYPE_CHECKING:
        # What pydantic accepts at run time, told to type checkers.
        def __init__(  # noqa: PLR0913 - each is a field
            self,
            *,
            to: Address | str,
            text: str = ...,
            content: Content = ...,
            account: str | None = None,
            reply_to: str | None = None,
            extra: dict[str, JsonValue] = ...,
            expires_at: datetime | None = None,
            max_attempts: int | None = None,
            send_at: datetime | None = None,
            priority: Priority | str = ...,
            on_unknown: UnknownPolicy | str | None = None,
            trace: str | None = None,
            message_id: UUID = ...,
        ) -> None: ...

    @model_validator(mode="before")
    @classmethod
    def _read_short_text(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or "text" not in data:
            return data
        if data.get("content") is not None:
            msg = "give either text or content, not both"
            raise ValueError(msg)
        rest = {key: value for key, value in data.items() if key not in {"text", "content"}}
        return {**rest, "content": {"type": "text", "body": data["text"]}}

    @property
    def text(self) -> str:
        """The body of a text content.

        Raises:
            UnsupportedContent: The content is of another kind.
        """
        if isinstance(self.content, TextContent):
            return self.content.body
        msg = f"Message {self.message_id} carries {self.content.type}, not text."
        raise UnsupportedContent(msg)

    @property
    def attempt(self) -> int:
        """Which attempt to hand it over this is, from 1; the engine counts."""
        return self._attempt

    @property
    def echo_id(self) -> str:
        """`<message_id>.<attempt>`: what a provider that echoes should be given to echo."""
        return f"{self.message_id}.{self._attempt}"

    def for_attempt(self, number: int) -> Self:
        """Copy the message for one attempt."""
        copy = self.model_copy()
        copy._attempt = number  # noqa: SLF001 - a copy of ours
        return copy

    def expired(self, now: datetime) -> bool:
        """Tell whether the message may no longer be handed over."""
        return self.expires_at is not None and now >= self.expires_at

    def __repr__(self) -> str:
        return (
            f"Message({str(self.message_id)!r}, account={self.account!r}, "
            f"content={self.content.type!r})"
        )

    __str__ = __repr__


def parse_echo_id(text: object) -> tuple[UUID, int] | None:
    """Read what `Message.echo_id` wrote: the message and the attempt; None for anything else."""
    if not isinstance(text, str):
        return None
    head, _, tail = text.partition(".")
    if not (tail.isascii() and tail.isdigit()):
        return None
    try:
        return UUID(head), int(tail)
    except ValueError:
        return None
