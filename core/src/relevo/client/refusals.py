"""What a server refuses, as the error that the dispatcher would have raised."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import httpx
from pydantic import ValidationError

from relevo import errors
from relevo.client.answers.problems import ProblemBody
from relevo.errors import (
    ForeignAnswer,
    MissingScope,
    RelevoError,
    RequestRefused,
    SendError,
    StillPending,
    Throttled,
    TooManyRequests,
    Unauthorized,
)
from relevo.problem_detail import ProblemDetail

REQUEST_ID = "x-request-id"
_KEY_ADVICE: Mapping[type[RelevoError], str] = {
    Unauthorized: (
        "Give a key by RELEVO_API_KEY, or in a file by RELEVO_API_KEY_FILE; "
        "`relevo keys create` makes one."
    ),
    MissingScope: "`relevo keys list` shows what each may do.",
}
_BY_STATUS: Mapping[int, type[RelevoError]] = {401: Unauthorized, 429: TooManyRequests}


def refusal(answer: httpx.Response) -> RelevoError:
    """Make the error for an answer that is no good one; its body has to be read already."""
    problem = read_problem(answer)
    return _foreign(answer) if problem is None else error_of(problem)


def error_of(problem: ProblemDetail) -> RelevoError:
    """Make the error that a problem stands for; it carries the problem."""
    error = _error(problem)
    error.problem = problem
    return error


def read_problem(answer: httpx.Response) -> ProblemDetail | None:
    """Read a problem document, of another version too; None: it is none."""
    if answer.is_success:
        return None
    try:
        said = json.loads(answer.content)
    except ValueError:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("detail"), str):
        return None
    kind = str(said.get("type", "about:blank"))
    code = str(said.get("code") or kind.rpartition("/")[2])
    request_id = answer.headers.get(REQUEST_ID)
    told = {"title": "", "instance": "", "request_id": request_id, **said}
    try:
        sure = {"type": kind, "code": code, "status": answer.status_code}
        body = ProblemBody.model_validate(told | sure)
    except ValidationError:
        body = ProblemBody(
            type=kind,
            title="",
            status=answer.status_code,
            detail=said["detail"],
            code=code,
            instance="",
            request_id=request_id,
        )
    return replace(body.detailed(), retry_after_s=read_retry_after(answer))


def read_retry_after(answer: httpx.Response) -> float | None:
    """Give the seconds that `Retry-After` asks for; None: it asks for none."""
    text = answer.headers.get("retry-after", "").strip()
    return float(text[:9]) if text.isascii() and text.isdigit() else None


def _error(problem: ProblemDetail) -> RelevoError:
    kind = _kinds().get(problem.code) or _BY_STATUS.get(problem.status, RequestRefused)
    sentence = problem.detail
    if problem.message_id and problem.message_id not in sentence:
        sentence = f"{sentence} (message {problem.message_id})"
    if kind in _KEY_ADVICE:
        sentence = f"{sentence} {_KEY_ADVICE[kind]}"
    if issubclass(kind, TooManyRequests):
        return kind(sentence, retry_after_s=problem.retry_after_s)
    if issubclass(kind, Throttled):
        wait_s, code = problem.retry_after_s, problem.provider_code
        return kind(sentence, retry_after_s=wait_s, provider_code=code)
    if issubclass(kind, SendError):
        return kind(sentence, provider_code=problem.provider_code)
    return kind(sentence)


@cache
def _kinds() -> Mapping[str, type[RelevoError]]:
    """Every error by its code, but the one that says more than a sentence."""
    ours = (getattr(errors, name) for name in errors.__all__)
    return {
        kind.code: kind
        for kind in ours
        if issubclass(kind, RelevoError) and kind not in {RelevoError, StillPending}
    }


def _foreign(answer: httpx.Response) -> ForeignAnswer:
    url = answer.request.url.copy_with(query=None)
    msg = (
        f"{url} answered HTTP {answer.status_code}, but not as Relevo does. "
        "Check the address (--url or RELEVO_URL)."
    )
    return ForeignAnswer(msg)
