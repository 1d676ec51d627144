"""What the API takes: bodies as clients write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Self, TypeVar

import pydantic
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    model_validator,
)

import relevo

MadeT = TypeVar("MadeT")

_BODY = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
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
Content = Annotated[relevo.TextContent | relevo.TemplateContent, Discriminator("type")]


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
    expires_at: AwareDatetime | None = Field(
        default=None, description="Never handed over after this moment; with its time zone."
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
        )


class DemoBody(BaseModel):
    """A text to send at once."""

    model_config = _BODY

    to: Recipient
    text: Text
