"""What the API takes: bodies as clients write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, Self, TypeVar
from uuid import UUID

import pydantic
from litestar.openapi.spec import OpenAPIType, Schema
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    SkipValidation,
    model_validator,
)

import relevo
from relevo.contents import Content
from relevo.field_faults import field_faults
from relevo.messages import Moment
from relevo.pause_reasons import LONGEST_REASON, reason_fault
from relevo_server.requests.event_words import ALL_WORDS, type_of

MadeT = TypeVar("MadeT")

_BODY = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
MOST_REPLAYED = 1_000
"""Messages that one request sends again, at most."""
MOST_SENT = 1_000
"""Messages that one request sends, at most."""
MOST_REOPENED = 1_000
"""Webhooks that one request lets be worked through again, at most."""
_PERSON = "A phone number with its country code, or `scheme:value`."


def _makes(make: Callable[[str], object]) -> AfterValidator:
    """Check a text by what is made of it later, under its own field's name."""

    def check(text: str) -> str:
        reason = ""
        try:
            make(text)
        except pydantic.ValidationError as error:
            reason = field_faults(error)[0].reason
        if reason:
            raise ValueError(reason)
        return text

    return AfterValidator(check)


def _printable(text: str) -> str:
    """Refuse what could write lines of its own into a log, or colours into a terminal."""
    if not text.isprintable():
        msg = "has a character that cannot be shown, such as a line break"
        raise ValueError(msg)
    return text


def _text_content(text: str) -> relevo.TextContent:
    return relevo.TextContent(body=text)


def either_fault(text: object, content: object) -> str | None:
    """Say what is wrong where a body has neither a text nor a content, or both; None: nothing."""
    if text is None and content is None:
        return "has neither text nor content; give one of them"
    if text is not None and content is not None:
        return "has both text and content; give one of them, and leave the other out"
    return None


Recipient = Annotated[str, _makes(relevo.Address.parse), Field(description=_PERSON)]
Text = Annotated[str, _makes(_text_content)]
Name = Annotated[str, Field(max_length=255)]
"""An account: what is kept or said again of it is no place for more."""


class TemplateBody(BaseModel):
    """A template in its vendor's own words; the vendor checks what else it has."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    # pydantic documents this spelling; its own declaration has a wider type.
    __pydantic_extra__: dict[str, JsonValue]  # pyright: ignore[reportIncompatibleVariableOverride]

    name: str = Field(min_length=1, max_length=512)
    language: str = Field(min_length=2, max_length=32, description='Such as "es_AR".')

    @property
    def definition(self) -> dict[str, JsonValue]:
        """Everything, as it came."""
        return {"name": self.name, "language": self.language, **self.__pydantic_extra__}


class SendBody(BaseModel):
    """A message to send. Give `content`, or `text` for a text content."""

    model_config = _BODY

    account: Name | None = Field(
        default=None, description="May be left out where there is one account or a default."
    )
    to: Recipient
    content: Content | None = None
    text: Text | None = Field(default=None, description="Short for a text content.")
    reply_to: str | None = Field(
        default=None, description="The provider_message_id of the message this one quotes."
    )
    extra: dict[str, JsonValue] = Field(
        default_factory=dict, description="Merged last into the provider's payload. Unchecked."
    )
    expires_at: Moment | None = Field(
        default=None, description="Never handed over after this moment; with its time zone."
    )
    send_at: Moment | None = Field(
        default=None,
        description="Not before this moment, at most 366 days away; a moment that is past means "
        "now. The message's life counts from it.",
    )
    priority: relevo.Priority = Field(
        default=relevo.Priority.NORMAL, description="`bulk` lets everything normal go first."
    )
    on_unknown: relevo.UnknownPolicy | None = Field(
        default=None,
        description="What follows when nobody knows whether it was sent; left out, as the account "
        "is configured.",
    )

    @model_validator(mode="after")
    def _check_content(self) -> Self:
        fault = either_fault(self.text, self.content)
        if fault is not None:
            raise ValueError(fault)
        return self

    def message(self) -> relevo.Message:
        """Make the message; its id is new."""
        return relevo.Message(
            account=self.account,
            to=relevo.Address.parse(self.to),
            content=self.content or _text_content(self.text or ""),
            reply_to=self.reply_to,
            extra=self.extra,
            expires_at=self.expires_at,
            send_at=self.send_at,
            priority=self.priority,
            on_unknown=self.on_unknown,
        )


class BatchItem(SendBody):
    """One message of many, and its own key."""

    idempotency_key: str | None = Field(
        default=None,
        description="As the header `Idempotency-Key` of a single send: the same item again makes "
        "no second message.",
    )


class BatchBody(BaseModel):
    """Messages to send, each as `POST /messages` takes it. Each is judged by itself."""

    model_config = _BODY

    # Looked at one by one later: an item that is wrong must not refuse the others.
    items: list[SkipValidation[BatchItem]] = Field(min_length=1, max_length=MOST_SENT)


class ResolveBody(BaseModel):
    """How a doubt ends."""

    model_config = _BODY

    resolution: relevo.Resolution = Field(
        description="`sent`: it was handed over. `not_sent`: it was not, and is given up. "
        "`resend`: it is sent again, and may arrive twice."
    )


class ReplayBody(BaseModel):
    """Which messages that were given up before any handover are sent again."""

    model_config = _BODY

    account: Name | None = Field(default=None, description="Of this account.")
    to: Recipient | None = Field(
        default=None,
        description="To this person, by any of their addresses. Name the account too where several "
        "providers spell addresses differently.",
    )
    statuses: list[Literal["failed", "expired"]] = Field(
        default_factory=list, alias="status", description="That are there now; left out, both."
    )
    conversation_id: UUID | None = Field(default=None, description="Of this thread.")
    created_from: Moment | None = Field(
        default=None, description="Kept here at this moment or later; with its time zone."
    )
    created_until: Moment | None = Field(default=None, description="Kept here before this moment.")
    ids: list[UUID] = Field(
        default_factory=list,
        min_length=1,
        max_length=MOST_REPLAYED,
        description="These, without any other filter. One that cannot be sent again refuses the "
        "whole request.",
    )
    error_code: str | None = Field(
        default=None, description="Whose last error has this code of ours, such as `unavailable`."
    )
    closed_from: Moment | None = Field(
        default=None, description="Given up at this moment or later."
    )
    closed_until: Moment | None = Field(default=None, description="Given up before this moment.")
    limit: int = Field(default=MOST_REPLAYED, ge=1, le=MOST_REPLAYED)

    @model_validator(mode="after")
    def _check_choice(self) -> Self:
        given = self.model_fields_set - {"limit"}
        filters = {name for name in given if getattr(self, name) not in (None, [])}
        if not filters:
            msg = (
                "names nothing; name ids, or at least one of account, to, status, conversation_id, "
                "error_code, created_from, created_until, closed_from and closed_until"
            )
            raise ValueError(msg)
        if self.ids and filters != {"ids"}:
            msg = "has ids and other filters; give ids alone, or leave them out"
            raise ValueError(msg)
        return self

    def query(self, lane_key: str | None, visible: frozenset[str] | None) -> relevo.ReplayQuery:
        """Say it in the engine's words: of this person, and of these accounts."""
        return relevo.ReplayQuery(
            account=self.account,
            message_ids=frozenset(self.ids),
            statuses=frozenset(map(relevo.DeliveryStatus, self.statuses)),
            conversation_id=str(self.conversation_id) if self.conversation_id else None,
            lane_key=lane_key,
            error_code=self.error_code,
            created_from=self.created_from,
            created_until=self.created_until,
            visible=visible,
            closed_from=self.closed_from,
            closed_until=self.closed_until,
            limit=self.limit,
        )


def _reason(text: str) -> str:
    if fault := reason_fault(text):
        raise ValueError(fault)
    return text


class PauseBody(BaseModel):
    """Why an account is to wait."""

    model_config = _BODY

    reason: Annotated[str, AfterValidator(_reason)] = Field(
        min_length=1,
        max_length=LONGEST_REASON,
        description="For whoever wonders: one line. It is logged and shown.",
    )


class ReopenBody(BaseModel):
    """Which webhooks with items set aside are worked through again: it has to be said."""

    model_config = _BODY

    account: Name | None = Field(
        default=None, description="Of this account; without `webhook_ids`, all there are of it."
    )
    all_accounts: bool = Field(
        default=False, description="All there are, of every account; alone, without other fields."
    )
    webhook_ids: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] = Field(
        default_factory=list,
        min_length=1,
        max_length=MOST_REOPENED,
        description="These, as `GET /inbox` gives them.",
    )
    discarded: bool = Field(
        default=False,
        description="Also items that were discarded: they are taken as if they had never come. "
        "Needs `webhook_ids`.",
    )

    @model_validator(mode="after")
    def _check_choice(self) -> Self:
        chosen = self.account is not None or bool(self.webhook_ids)
        if self.all_accounts and (chosen or self.discarded):
            msg = "has all_accounts and other fields; give all_accounts alone, or leave it out"
            raise ValueError(msg)
        if not (chosen or self.all_accounts or self.discarded):
            msg = "names nothing; name webhook_ids or an account, or say all_accounts: true"
            raise ValueError(msg)
        if self.discarded and not self.webhook_ids:
            msg = "discarded needs webhook_ids: name the webhooks whose items are brought back"
            raise ValueError(msg)
        return self


class DiscardBody(BaseModel):
    """Which items that were set aside are given up."""

    model_config = _BODY

    account: Name | None = Field(
        default=None, description="Of this account; needed without `webhook_ids`."
    )
    webhook_ids: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] = Field(
        default_factory=list,
        min_length=1,
        max_length=MOST_REOPENED,
        description="Of these webhooks.",
    )
    key: str | None = Field(
        default=None, min_length=1, description="Only the item with this key, of those."
    )

    @model_validator(mode="after")
    def _check_choice(self) -> Self:
        if self.account is None and not self.webhook_ids:
            msg = "name webhook_ids, or an account whose items are all discarded"
            raise ValueError(msg)
        return self


class KeyBody(BaseModel):
    """What a key is for."""

    model_config = _BODY

    name: Annotated[str, AfterValidator(_printable)] = Field(
        min_length=1, max_length=100, description="Who or what uses it; one line."
    )
    scopes: list[relevo.Scope] = Field(
        min_length=1, description="What it may do. `admin` does not bring the others along."
    )
    accounts: list[Name] | None = Field(
        default=None,
        min_length=1,
        description="Only these are there for it; left out, as for the key that makes it: all, "
        "or those it is limited to.",
    )
    rate: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Requests a minute; left out, the server's."
    )
    expires_at: Moment | None = Field(
        default=None, description="Opens nothing from this moment on; with its time zone."
    )


class TicketBody(BaseModel):
    """Which events a ticket shows, and for how long it is taken."""

    model_config = _BODY

    types: list[Annotated[relevo.EventType, BeforeValidator(type_of)]] = Field(
        default_factory=list,
        alias="type",
        max_length=100,
        description="With or without `messaging.` before it.",
        json_schema_extra={"items": Schema(type=OpenAPIType.STRING, enum=ALL_WORDS)},  # type: ignore[dict-item]
    )
    accounts: list[Name] = Field(default_factory=list, alias="account", max_length=100)
    message_ids: list[UUID] = Field(default_factory=list, alias="message_id", max_length=100)
    conversation_ids: list[UUID] = Field(
        default_factory=list, alias="conversation_id", max_length=100
    )
    ttl_s: int = Field(
        default=300, ge=10, le=3_600, description="Seconds for which the ticket is taken."
    )

    def filters(self) -> dict[str, list[str]]:
        """Give the filters as the parameters of `GET /events` are called."""
        return {
            "type": [one.value for one in self.types],
            "account": self.accounts,
            "message_id": [str(one) for one in self.message_ids],
            "conversation_id": [str(one) for one in self.conversation_ids],
        }


class DemoBody(BaseModel):
    """A text to send at once."""

    model_config = _BODY

    to: Recipient
    text: Text
