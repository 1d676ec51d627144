"""What the sandbox can be told to do: delays, faults, and what becomes of messages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_FROZEN = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
_WEEK_S = 7 * 24 * 3600

CanSend = Literal["AVAILABLE", "LIMITED", "BLOCKED"]
Step = Literal["sent", "delivered", "read", "played", "failed", "deleted"]
Meets = Literal["send", "read", "media", "manage"]
Review = Literal["APPROVED", "REJECTED", "PENDING"]

HTML_502 = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"


class Fault(BaseModel):
    """Let the next requests go wrong in one way.

    Without `code` and `body` the answer has no body at all. `taken` says whether
    the message was taken all the same: then its webhooks follow.
    """

    model_config = _FROZEN

    meets: Meets = Field(
        default="send",
        description="What it meets: sends, read receipts, media, or everything else.",
    )
    times: int | None = Field(default=1, ge=1, description="How many requests; null: no end.")
    rate: float = Field(default=1, ge=0, le=1, description="The share of requests it meets.")
    taken: bool = False
    cut: bool = Field(default=False, description="Close the connection without an answer.")
    truncated: bool = Field(
        default=False, description="Break the JSON of the answer off in the middle."
    )
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
        if self.cut and self.truncated:
            msg = "a cut connection has no answer: leave out truncated"
            raise ValueError(msg)
        if self.code is not None and self.body is not None:
            msg = "give either code or body, not both"
            raise ValueError(msg)
        return self


class Behaviour(BaseModel):
    """Say how the sandbox behaves. Chance is drawn from `seed`, so that a run can be repeated.

    All seconds are the sandbox's own, but those of `answer_delay_s` and `batch_wait_s`.
    """

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
    windows: Literal["open", "real"] = Field(
        default="open",
        description="real: free-form outside 24 hours is taken and then fails with 131047.",
    )
    limits: bool = Field(
        default=False,
        description="Keep Meta's limits: 130429, 131056 and 80007.",
    )
    management_budget: int = Field(
        default=5000, ge=0, description="Management calls in an hour, with `limits`."
    )
    user_ids: bool = Field(
        default=False, description="Name people's user ids beside their numbers everywhere."
    )
    demand_proof: bool = Field(
        default=False, description="Demand `appsecret_proof`, as the app's own switch does."
    )
    unknown_users: frozenset[str] = Field(
        default=frozenset(), description="People without WhatsApp: 200, then `failed` 131026."
    )
    capped_users: frozenset[str] = Field(
        default=frozenset(),
        description="People who had enough marketing: 200, then `failed` 131049.",
    )
    broken_links: frozenset[str] = Field(
        default=frozenset(), description="Media links that cannot be fetched: `failed` 131053."
    )
    template_review: Review = Field(
        default="APPROVED", description="What becomes of a new template; PENDING: nothing."
    )
    review_after_s: float = Field(
        default=1, ge=0, le=_WEEK_S, description="Seconds until a new template is decided on."
    )
    reorder: float = Field(default=0, ge=0, le=1, description="The share of stories shuffled.")
    duplicate: float = Field(default=0, ge=0, le=1, description="The share of news told twice.")
    drop: float = Field(default=0, ge=0, le=1, description="The share of news never told.")
    batch: int = Field(default=1, ge=1, le=1000, description="News in one webhook, at most.")
    batch_wait_s: float = Field(
        default=0.2, ge=0, le=60, description="Seconds a batch waits for more news."
    )
    retry_base_s: float = Field(
        default=0.5, gt=0, le=60, description="The first gap after a refused webhook; it doubles."
    )
    retry_cap_s: float = Field(
        default=60,
        gt=0,
        le=_WEEK_S,
        description="The longest gap after a refused webhook, while it is young.",
    )
    retry_for_s: float = Field(
        default=_WEEK_S, ge=0, le=_WEEK_S, description="News that nobody took so long are lost."
    )
    can_send: CanSend = Field(
        default="AVAILABLE",
        description="The number's health; BLOCKED refuses every send as a locked account.",
    )
    faults: tuple[Fault, ...] = Field(default=(), max_length=100)


FAITHFUL: Mapping[str, Any] = MappingProxyType(
    {"windows": "real", "limits": True, "user_ids": True, "retry_cap_s": 6 * 3600.0}
)
"""What a sandbox needs to be told to be as strict as Meta."""
