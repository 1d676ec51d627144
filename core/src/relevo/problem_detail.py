"""What a server says about a refusal: a problem document (RFC 9457), as read by a client."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One thing that is wrong with a request: where, and why."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProblemDetail:
    """A refusal as the server told it.

    Args:
        type: The stable address of its explanation, such as `/problems/unknown_account`.
        title: What it is called.
        status: The HTTP status it came with.
        detail: What was seen, and what to do.
        code: The last part of `type`: stable.
        instance: The path that was asked.
        errors: What is wrong, field by field.
        message_id: The message it concerns.
        provider_code: The provider's own code.
        incident: What to look for in the server's log.
        request_id: What the server calls this request in its log, if it says so.
        retry_after_s: Seconds the server asked to wait.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str = ""
    errors: tuple[FieldFault, ...] = ()
    message_id: str | None = None
    provider_code: str | None = None
    incident: str | None = None
    request_id: str | None = None
    retry_after_s: float | None = None
