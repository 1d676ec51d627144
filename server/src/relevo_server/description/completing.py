"""What every operation's description has beside its own: a name, and the headers of HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from typing import Any, Final

from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import OpenAPIHeader, OpenAPIResponse, Operation, Parameter, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.types import ControllerRouterHandler

from relevo_server.problem_table import ProblemCode

_TEXT: Final = Schema(type=OpenAPIType.STRING)
_RETRY_AFTER: Final = "Ask again after so many seconds; as `retry_after_s`."
_CHALLENGE: Final = "What has to be shown: a key, or one with the `scope` it names."
_SAME: Final = "What there is, as `If-None-Match` named it."
_CHALLENGED: Final = frozenset(
    {
        ProblemCode.MISSING_KEY,
        ProblemCode.INVALID_KEY,
        ProblemCode.INVALID_TICKET,
        ProblemCode.MISSING_SCOPE,
    }
)
_HELD: Final = Parameter(
    name="If-None-Match",
    param_in="header",
    schema=_TEXT,
    description="The `ETag` of what you have: the answer is 304 while nothing has changed.",
)


def completed(
    handlers: Iterable[ControllerRouterHandler], *, at_root: bool = False
) -> Iterator[ControllerRouterHandler]:
    """Give the handlers, described with the name of each and the headers of its answers.

    Args:
        handlers: Of one router.
        at_root: They are served below the API as well, under their own names.
    """
    for handler in handlers:
        if not isinstance(handler, HTTPRouteHandler):
            yield handler
            continue
        described = copy(handler)
        name = getattr(handler.fn, "__name__", "")
        described.operation_id = f"{name}_at_root" if at_root else name
        described.operation_class = _completing(handler.operation_class)
        yield described


def _completing(parent: type[Operation]) -> type[Operation]:
    """Make an operation that tells the headers its own types do not."""

    @dataclass
    class Completed(parent):  # type: ignore[valid-type,misc]
        def __post_init__(self) -> None:
            before = getattr(super(), "__post_init__", None)
            if before is not None:
                before()
            told = self.responses or {}
            responses = {
                status: one for status, one in told.items() if isinstance(one, OpenAPIResponse)
            }
            for status, response in responses.items():
                for name, text in _headers(status, response, responses).items():
                    response.headers = response.headers or {}
                    response.headers.setdefault(name, OpenAPIHeader(schema=_TEXT, description=text))
                # Litestar keeps them in a set: else each start would tell them in another order.
                response.headers = dict(sorted((response.headers or {}).items())) or None
            if "304" in responses:
                own: list[Any] = getattr(self, "parameters", None) or []
                self.parameters = [*own, _HELD]

    return Completed


def _headers(
    status: str, response: OpenAPIResponse, responses: dict[str, OpenAPIResponse]
) -> dict[str, str]:
    """Name the headers that an answer may have."""
    if status < "3":
        # Whatever way it succeeds: what tells of the result is told of each.
        good = [one.headers or {} for code, one in responses.items() if code < "3"]
        return {name: one.description or "" for told in good for name, one in told.items()}
    told: dict[str, str] = {}
    if status == "304":
        told["ETag"] = _SAME
    shown = list(_problems(response))
    if any(one.get("code") in _CHALLENGED for one in shown):
        told["WWW-Authenticate"] = _CHALLENGE
    if status == "429" or any("retry_after_s" in one for one in shown):
        told["Retry-After"] = _RETRY_AFTER
    return told


def _problems(response: OpenAPIResponse) -> Iterator[dict[str, Any]]:
    """Give the problems that an answer is shown with."""
    for media in (response.content or {}).values():
        for example in (media.examples or {}).values():
            value = getattr(example, "value", None)
            if isinstance(value, dict):
                yield value
