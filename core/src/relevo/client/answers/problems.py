"""A refusal as the API writes it (RFC 9457)."""

from __future__ import annotations

from relevo.client.answers.model import Answer
from relevo.problem_detail import FieldFault, ProblemDetail


class FieldError(Answer):
    """One thing that is wrong: names and positions, joined by dots, and why."""

    field: str
    reason: str


class ProblemBody(Answer):
    """A problem document."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    errors: list[FieldError] | None = None
    message_id: str | None = None
    provider_code: str | None = None
    incident: str | None = None
    request_id: str | None = None
    reasons: list[str] | None = None
    retry_after_s: int | None = None

    def detailed(self) -> ProblemDetail:
        """Give it as errors carry it."""
        return ProblemDetail(
            type=self.type,
            title=self.title,
            status=self.status,
            detail=self.detail,
            code=self.code,
            instance=self.instance,
            errors=tuple(FieldFault(one.field, one.reason) for one in self.errors or ()),
            message_id=self.message_id,
            provider_code=self.provider_code,
            incident=self.incident,
            request_id=self.request_id,
            retry_after_s=self.retry_after_s,
        )
