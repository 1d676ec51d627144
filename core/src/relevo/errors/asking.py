"""A running server that refuses, breaks off or is none."""

from __future__ import annotations

from relevo.errors.root import RelevoError


class ServerUnreachable(RelevoError):
    """Report that no Relevo server answers at the address that was asked."""

    code = "server_unreachable"


class AnswerLost(RelevoError):
    """Report that a server broke off: what it made of the request is not known."""

    code = "answer_lost"


class ForeignAnswer(RelevoError):
    """Report an answer that is not a Relevo server's, or not of a version that is understood."""

    code = "foreign_answer"


class RequestRefused(RelevoError):
    """Report what a server refused; `problem.code` tells kinds apart that have no class here."""

    code = "request_refused"


class Unauthorized(RequestRefused):
    """Report that a server wants an API key, or does not take the one it was shown."""

    code = "unauthorized"


class MissingScope(RequestRefused):
    """Report that an API key does not allow what was asked."""

    code = "missing_scope"


class TooManyRequests(RequestRefused):
    """Report that an API key's rate is used up for now.

    Args:
        retry_after_s: Seconds the server asked to wait, if it said so.
    """

    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooManyStreams(TooManyRequests):
    """Report that an API key, or a ticket, has as many event streams open as it may."""

    code = "too_many_streams"
