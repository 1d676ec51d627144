"""What would become of messages, and what became of a batch of them, as the API tells it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from relevo.capabilities import Capability
from relevo.client.answers.accounts import LimitsRow
from relevo.client.answers.errors import ErrorRow
from relevo.client.answers.messages import MessageRow, StandingRow
from relevo.client.answers.model import Answer, OrWord
from relevo.client.answers.people import PreferenceRow, WarningRow, WindowRow
from relevo.client.answers.problems import ProblemBody
from relevo.client.refusals import error_of
from relevo.errors import RelevoError


class PlanRow(Answer):
    """What would become of a message if it were sent now.

    `payload` is what the vendor would be sent, private values hidden; `refusal` is why this person
    would not be sent it now; `standing` is how it would wait.
    """

    account: str
    provider: str
    to: str = Field(repr=False)
    conversation_id: str | None = None
    capabilities: list[OrWord[Capability]]
    payload: dict[str, Any] | None = Field(default=None, repr=False)
    window: WindowRow | None = None
    preferences: list[PreferenceRow]
    warnings: list[WarningRow]
    refusal: ErrorRow | None = None
    limits: LimitsRow
    standing: StandingRow | None = None


class BatchRow(Answer):
    """What became of one message of a batch: `message`, or the `problem` that refused it."""

    index: int
    status: int
    message: MessageRow | None = None
    problem: ProblemBody | None = None

    @property
    def error(self) -> RelevoError | None:
        """What `send` would have raised for it; None: it was accepted."""
        return None if self.problem is None else error_of(self.problem.detailed())


class BatchAnswer(Answer):
    """What became of a batch, in its order."""

    items: list[BatchRow]
    accepted: int
    refused: int
