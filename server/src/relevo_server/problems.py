"""Errors as RFC 9457 problem details: from exceptions to one shape of answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pydantic
from litestar import Request, Response
from litestar.exceptions import HTTPException, InternalServerException, ValidationException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types import ExceptionHandlersMap
from pydantic import Field

import relevo
from relevo_server.access.insight import detail_for
from relevo_server.answers.wire import Row
from relevo_server.problem_table import PROBLEMS, STATUS_CODES, ProblemCode, ProblemKind
from relevo_server.request_ids import request_id_of
from relevo_server.requests.body_limits import limit_of
from relevo_server.requests.parameters import known_parameters
from relevo_server.requests.reasons import FieldError, body_errors, field_error, parameter_errors

logger = logging.getLogger("relevo.server")

PROBLEM_JSON = "application/problem+json"
_CUT_OFF = "client disconnected"


class ProblemBody(Row):
    """Describe an error as RFC 9457 asks, with members of ours."""

    type: Annotated[str, Field(description="Stable; leads to a page that explains it.")]
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(description="The last part of `type`.")]
    instance: Annotated[str, Field(description="The path that was asked.")]
    errors: Annotated[
        list[FieldError] | None, Field(description="What is wrong, field by field.")
    ] = None
    message_id: Annotated[str | None, Field(description="The message it concerns.")] = None
    provider_code: Annotated[str | None, Field(description="The provider's own code.")] = None
    incident: Annotated[str | None, Field(description="What to look for in the log.")] = None
    request_id: Annotated[
        str | None, Field(description="What the log calls the request; as `X-Request-ID`.")
    ] = None
    reasons: Annotated[list[str] | None, Field(description="Why it is not ready.")] = None
    retry_after_s: Annotated[
        int | None, Field(description="Ask again after so long; as the header `Retry-After`.")
    ] = None


class Problem(Exception):
    """Answer with a row of the problem table.

    Args:
        code: The row.
        detail: What was seen, without what people wrote.
        errors: What is wrong, field by field.
        message_id: The message it concerns.
        provider_code: The provider's own code.
        status: Another status than the row's.
        headers: To send along.
        incident: What to look for in the log.
        reasons: Why the server is not ready.
    """

    def __init__(
        self,
        code: ProblemCode,
        detail: str,
        *,
        errors: list[FieldError] | None = None,
        message_id: UUID | None = None,
        provider_code: str | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        incident: str | None = None,
        reasons: list[str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind: ProblemKind = PROBLEMS[code]
        self.detail = detail
        self.errors = errors
        self.message_id = message_id
        self.provider_code = provider_code
        self.status = status or self.kind.status
        self.headers = dict(headers or {})
        self.incident = incident
        self.reasons = reasons

    @classmethod
    def of(
        cls,
        error: relevo.RelevoError,
        message_id: UUID | None = None,
        *,
        detail: str | None = None,
    ) -> Problem:
        """Say a `RelevoError` over HTTP, in its own words or those given."""
        known = (
            ProblemCode(kind.code)
            for kind in type(error).__mro__
            if issubclass(kind, relevo.RelevoError) and kind.code in PROBLEMS
        )
        code = next(known, ProblemCode.INTERNAL_ERROR)
        asked_s = getattr(error, "retry_after_s", None)
        return cls(
            code,
            error.message if detail is None else detail,
            message_id=message_id,
            provider_code=getattr(error, "provider_code", None),
            headers={"Retry-After": str(max(1, round(asked_s)))} if asked_s else None,
        )

    @property
    def retry_after_s(self) -> int | None:
        """How long to wait before asking again; None: that would change nothing."""
        asked = self.headers.get("Retry-After", "")
        return int(asked) if asked.isdigit() else self.kind.retry_after_s

    def body(self, instance: str, request_id: str | None = None) -> ProblemBody:
        """Say it as a problem document."""
        return ProblemBody(
            type=self.kind.type,
            title=self.kind.title,
            status=self.status,
            detail=self.detail,
            code=self.kind.code,
            instance=instance,
            errors=self.errors,
            message_id=str(self.message_id) if self.message_id else None,
            provider_code=self.provider_code,
            incident=self.incident,
            request_id=request_id,
            reasons=self.reasons,
            retry_after_s=self.retry_after_s,
        )

    def response(self, instance: str, request_id: str | None = None) -> Response[bytes]:
        """Write the answer."""
        headers = {"Cache-Control": "no-store", **self.headers}
        if self.kind.retry_after_s is not None:
            headers.setdefault("Retry-After", str(self.kind.retry_after_s))
        return Response(
            self.body(instance, request_id).model_dump_json().encode(),
            status_code=self.status,
            headers=headers,
            media_type=PROBLEM_JSON,
        )


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Handle any exception of ours: the handler for every route."""
    return problem_of(error, request).response(path_of(request), request_id_of(request.scope))


def path_of(request: Request[Any, Any, Any]) -> str:
    """Give the path as it was asked: a mounted application's is not the whole."""
    path = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    return path.decode("ascii", "replace")


HANDLERS: ExceptionHandlersMap = MappingProxyType(  # type: ignore[assignment]
    {HTTPException: answer, Exception: answer}
)


def problem_of(error: Exception, request: Request[Any, Any, Any] | None = None) -> Problem:
    """Say any exception as a problem; one that nobody expected is logged, and named by `incident`.

    The request tells what its parameters are called and can be, and what whoever asks may hear.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, relevo.RelevoError):
        problem = Problem.of(error, detail=detail_for(error, request))
        problem.errors = _named_fields(error, problem, request)
        return problem
    if isinstance(error, ValidationException):
        return _invalid(error, request)
    if isinstance(error, InternalServerException) and _CUT_OFF in error.detail:
        return Problem(
            ProblemCode.INCOMPLETE_BODY, "The client closed the connection while sending."
        )
    if isinstance(error, HTTPException) and error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _refused(error, request)
    return _unexpected(error)


_ACCOUNT = "account"


def _named_fields(
    error: relevo.RelevoError, problem: Problem, request: Request[Any, Any, Any] | None
) -> list[FieldError] | None:
    """Name the field that an error is about, where it can be one of this request's body."""
    if error.field is None or problem.status != HTTPStatus.UNPROCESSABLE_ENTITY:
        return None
    # An address with places in it may name the account itself.
    if request is None or (request.path_params and error.field == _ACCOUNT):
        return None
    return [field_error(error.field, error.message)]


def _refused(error: HTTPException, request: Request[Any, Any, Any] | None) -> Problem:
    """Say what the framework refused, or the application around us."""
    limit = limit_of(request) if request and isinstance(error, RequestEntityTooLarge) else None
    if limit is not None:
        return Problem(limit.code, limit.sentence)
    code = STATUS_CODES.get(error.status_code, ProblemCode.REQUEST_REFUSED)
    said = error.detail not in {"", HTTPStatus(error.status_code).phrase}
    detail = error.detail if said else PROBLEMS[code].advice
    return Problem(code, detail, status=error.status_code, headers=error.headers)


def invalid_body(error: pydantic.ValidationError) -> Problem:
    """Say what is wrong with a body, field by field."""
    errors = body_errors(error)
    return Problem(ProblemCode.INVALID_BODY, _listed("The body", errors), errors=errors)


def _invalid(error: ValidationException, request: Request[Any, Any, Any] | None) -> Problem:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, pydantic.ValidationError):
        cause = cause.__cause__
    if cause is not None:
        return invalid_body(cause)
    errors = parameter_errors(error, known_parameters(request) if request else {})
    return Problem(ProblemCode.INVALID_PARAMETER, _listed("The request", errors), errors=errors)


def _listed(what: str, errors: list[FieldError]) -> str:
    return " ".join([f"{what} cannot be used.", *(f"{one.field}: {one.reason}." for one in errors)])


def _unexpected(error: Exception) -> Problem:
    incident = uuid4().hex[:12]
    logger.error("Incident %s: %s", incident, relevo.frames_of(error))
    return Problem(
        ProblemCode.INTERNAL_ERROR, "An unexpected error; the log has its place.", incident=incident
    )
