"""What is to be sent."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SkipValidation, model_validator

import relevo
from relevo.contents import Content
from relevo.messages import Moment
from relevo_server.requests.bodies.fields import BODY, Name, Recipient, Text, text_content

MOST_SENT = 1_000
"""Messages that one request sends, at most."""


def either_fault(text: object, content: object) -> str | None:
    """Say what is wrong where a body has neither a text nor a content, or both; None: nothing."""
    if text is None and content is None:
        return "has neither text nor content; give one of them"
    if text is not None and content is not None:
        return "has both text and content; give one of them, and leave the other out"
    return None


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

    model_config = BODY

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
            content=self.content or text_content(self.text or ""),
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

    model_config = BODY

    # Looked at one by one later: an item that is wrong must not refuse the others.
    items: list[SkipValidation[BatchItem]] = Field(min_length=1, max_length=MOST_SENT)


class DemoBody(BaseModel):
    """A text to send at once."""

    model_config = BODY

    to: Recipient
    text: Text
