"""What the API takes: bodies as clients write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Self, TypeVar
from uuid import UUID

import pydantic
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)

import relevo
from relevo.contents import Content
from relevo.messages import Moment

MadeT = TypeVar("MadeT")

_BODY = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
MOST_REPLAYED = 1_000
"""Messages that one request sends again, at most."""
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
            reason = error.errors(include_input=False)[0]["msg"].removeprefix("Value error, ")
        if reason:
            raise ValueError(reason)
        return text

    return AfterValidator(check)


def _text_content(text: str) -> relevo.TextContent:
    return relevo.TextContent(body=text)


Recipient = Annotated[str, _makes(relevo.Address.parse), Field(description=_PERSON)]
Text = Annotated[str, _makes(_text_content)]


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

    account: str | None = Field(
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
        if (self.text is None) == (self.content is None):
            msg = "give either text or content, and not both"
            raise ValueError(msg)
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

    account: str | None = Field(default=None, description="Of this account.")
    ids: list[UUID] = Field(
        default_factory=list,
        min_length=1,
        max_length=MOST_REPLAYED,
        description="These. One that cannot be sent again refuses the whole request.",
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
        filters = (self.account, self.error_code, self.closed_from, self.closed_until)
        if not self.ids and all(one is None for one in filters):
            msg = "name at least one of account, ids, error_code, closed_from and closed_until"
            raise ValueError(msg)
        return self

    def query(self) -> relevo.ReplayQuery:
        """Say it in the engine's words."""
        return relevo.ReplayQuery(
            account=self.account,
            message_ids=frozenset(self.ids),
            error_code=self.error_code,
            closed_from=self.closed_from,
            closed_until=self.closed_until,
            limit=self.limit,
        )


class PauseBody(BaseModel):
    """Why an account is to wait."""

    model_config = _BODY

    reason: str = Field(
        min_length=1, max_length=500, description="For whoever wonders; it is logged and shown."
    )


class ReopenBody(BaseModel):
    """Which webhooks with items set aside are worked through again."""

    model_config = _BODY

    account: str | None = Field(default=None, description="Of this account; left out, of all.")
    webhook_ids: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] = Field(
        default_factory=list,
        min_length=1,
        max_length=MOST_REOPENED,
        description="These; left out, all there are.",
    )


class DemoBody(BaseModel):
    """A text to send at once."""

    model_config = _BODY

    to: Recipient
    text: Text
