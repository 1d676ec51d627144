"""The `[retention]` table: how long what happened is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from relevo.engines.records import Retention

_WORDS = {"false": False, "true": True}
_NOT_DAYS = "has to be a number of days, or false to keep them for ever"


def _read_days(value: object) -> object:
    """Let `false` mean "for ever"; a variable holds it as text."""
    if isinstance(value, str):
        value = _WORDS.get(value.strip().lower(), value)
    if value is False:
        return None
    if value is True or value is None:
        raise ValueError(_NOT_DAYS)
    return value


Days = Annotated[
    Annotated[float, Field(gt=0, le=36_500, allow_inf_nan=False)] | None,
    BeforeValidator(_read_days),
]


class RetentionSettings(BaseModel):
    """After how many days things are removed; `false` keeps them for ever."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    events_days: Days = 90
    """Events. A reader that has not come that far is told of a gap."""
    webhooks_days: Days = 30
    """Raw webhooks that were applied or discarded; those set aside stay."""
    messages_days: Days = None
    """What messages said, and the provider's raw answers, once nothing more is done with them.

    The message itself, its status and its attempts stay.
    """

    media_days: Days | Literal["messages"] = "messages"
    """Files that were sent and that people sent; "messages": as long as what messages said."""

    def retention(self) -> Retention:
        """Say it in the engine's words."""
        return Retention(
            events_s=_seconds(self.events_days),
            webhooks_s=_seconds(self.webhooks_days),
            contents_s=_seconds(self.messages_days),
            media_s=_seconds(
                self.messages_days if self.media_days == "messages" else self.media_days
            ),
        )


def _seconds(days: float | None) -> float | None:
    return None if days is None else timedelta(days=days).total_seconds()
