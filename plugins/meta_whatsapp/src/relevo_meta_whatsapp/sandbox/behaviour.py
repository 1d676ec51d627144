"""What the sandbox can be told to do: delays, faults, and what becomes of messages."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_FROZEN = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

CanSend = Literal["AVAILABLE", "LIMITED", "BLOCKED"]
Step = Literal["sent", "delivered", "read", "played", "failed", "deleted"]


class Fault(BaseModel):
    """Let the next sends go wrong in one way.

    Without `code` and `body` the answer has no body at all. `taken` says whether
    the message was taken all the same: then its webhooks follow.
    """

    model_config = _FROZEN

    times: int | None = Field(default=1, ge=1, description="How many sends; null: until changed.")
    rate: float = Field(default=1, ge=0, le=1, description="The share of sends it meets.")
    taken: bool = False
    cut: bool = Field(default=False, description="Close the connection without an answer.")
    status: int = Field(default=500, ge=200, le=599)
    code: int | None = Field(default=None, description="Answer with Meta's error of this code.")
    body: str | None = Field(default=None, description="Answer with this text, as it is.")
    retry_after_s: int | None = Field(default=None, ge=0)
    delay_s: float = Field(
        default=0, ge=0, le=3600, description="Seconds more before it answers or cuts."
    )

    @model_validator(mode="after")
    def _check_one_way(self) -> Self:
        answer = {"status", "code", "body", "retry_after_s"} & self.model_fields_set
        if self.cut and answer:
            msg = f"a cut connection has no answer: leave out {', '.join(sorted(answer))}"
            raise ValueError(msg)
        if self.code is not None and self.body is not None:
            msg = "give either code or body, not both"
            raise ValueError(msg)
        return self


class Behaviour(BaseModel):
    """Say how the sandbox behaves. Chance is drawn from `seed`, so that a run can be repeated."""

    model_config = _FROZEN

    seed: int = 0
    answer_delay_s: float = Field(
        default=0, ge=0, le=3600, description="Seconds between taking a message and answering."
    )
    story: tuple[Step, ...] = Field(
        default=("sent", "delivered", "read"), max_length=20, description="The statuses told."
    )
    status_after_s: float = Field(
        default=0.2, ge=0, le=3600, description="Seconds before each status."
    )
    fail_code: int = Field(default=131026, description="Meta's code in a `failed` status.")
    unknown_users: frozenset[str] = Field(
        default=frozenset(), description="Numbers without WhatsApp: 200, then `failed` 131026."
    )
    reorder: float = Field(default=0, ge=0, le=1, description="The share of stories shuffled.")
    duplicate: float = Field(default=0, ge=0, le=1, description="The share of news told twice.")
    batch: int = Field(default=1, ge=1, le=1000, description="News in one webhook, at most.")
    batch_wait_s: float = Field(
        default=0.2, ge=0, le=60, description="Seconds a batch waits for more news."
    )
    retry_base_s: float = Field(
        default=0.5, gt=0, le=60, description="The first gap after a refused webhook; it doubles."
    )
    retry_cap_s: float = Field(
        default=60, gt=0, le=3600, description="The longest gap after a refused webhook."
    )
    can_send: CanSend = Field(
        default="AVAILABLE",
        description="The number's health; BLOCKED refuses every send as a locked account.",
    )
    faults: tuple[Fault, ...] = Field(default=(), max_length=100)
