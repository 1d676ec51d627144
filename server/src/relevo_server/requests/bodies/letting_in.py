"""Whom keys and tickets let in, to what, and for how long."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar.openapi.spec import OpenAPIType, Schema
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

import relevo
from relevo.messages import Moment
from relevo_server.requests.bodies.fields import BODY, Name
from relevo_server.requests.event_words import ALL_WORDS, type_of


def _printable(text: str) -> str:
    """Refuse what could write lines of its own into a log, or colours into a terminal."""
    if not text.isprintable():
        msg = "has a character that cannot be shown, such as a line break"
        raise ValueError(msg)
    return text


class KeyBody(BaseModel):
    """What a key is for."""

    model_config = BODY

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

    model_config = BODY

    types: list[Annotated[relevo.EventType, BeforeValidator(type_of)]] = Field(
        default_factory=list,
        alias="type",
        min_length=1,
        max_length=100,
        description="With or without `messaging.` before it.",
        json_schema_extra={"items": Schema(type=OpenAPIType.STRING, enum=ALL_WORDS)},  # type: ignore[dict-item]
    )
    accounts: list[Name] = Field(
        default_factory=list, alias="account", min_length=1, max_length=100
    )
    message_ids: list[UUID] = Field(
        default_factory=list, alias="message_id", min_length=1, max_length=100
    )
    conversation_ids: list[UUID] = Field(
        default_factory=list, alias="conversation_id", min_length=1, max_length=100
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
