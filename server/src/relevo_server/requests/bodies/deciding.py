"""What somebody decides about what waits, was given up or set aside."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator

import relevo
from relevo.messages import Moment
from relevo.pause_reasons import LONGEST_REASON, reason_fault
from relevo_server.requests.bodies.fields import BODY, Name, Recipient

MOST_REPLAYED = 1_000
"""Messages that one request sends again, at most."""
MOST_REOPENED = 1_000
"""Webhooks that one request lets be worked through again, at most."""


def _reason(text: str) -> str:
    if fault := reason_fault(text):
        raise ValueError(fault)
    return text


class ResolveBody(BaseModel):
    """How a doubt ends."""

    model_config = BODY

    resolution: relevo.Resolution = Field(
        description="`sent`: it was handed over. `not_sent`: it was not, and is given up. "
        "`resend`: it is sent again, and may arrive twice."
    )


class ReplayBody(BaseModel):
    """Which messages that were given up before any handover are sent again."""

    model_config = BODY

    account: Name | None = Field(default=None, description="Of this account.")
    to: Recipient | None = Field(
        default=None,
        description="To this person, by any of their addresses. Name the account too where several "
        "providers spell addresses differently.",
    )
    statuses: list[Literal["failed", "expired"]] = Field(
        default_factory=list,
        alias="status",
        min_length=1,
        description="That are there now; left out, both.",
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


class PauseBody(BaseModel):
    """Why an account is to wait."""

    model_config = BODY

    reason: Annotated[str, AfterValidator(_reason)] = Field(
        min_length=1,
        max_length=LONGEST_REASON,
        description="For whoever wonders: one line. It is logged and shown.",
    )


class ReopenBody(BaseModel):
    """Which webhooks with items set aside are worked through again: it has to be said."""

    model_config = BODY

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

    model_config = BODY

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
