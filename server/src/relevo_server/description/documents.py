"""The API's description: what OpenAPI says about problems, examples and media types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Example, OpenAPIMediaType, Operation, RequestBody

from relevo_server.problem_table import PROBLEMS, ProblemCode, ProblemKind, sample
from relevo_server.problems import PROBLEM_JSON, ProblemBody

_GUARDED = (ProblemCode.FOREIGN_HOST, ProblemCode.FOREIGN_ORIGIN)
_OF_ALL = (ProblemCode.HEADERS_TOO_LARGE, ProblemCode.INTERNAL_ERROR)
_KEYED = (
    ProblemCode.MISSING_KEY,
    ProblemCode.INVALID_KEY,
    ProblemCode.MISSING_SCOPE,
    ProblemCode.TOO_MANY_REQUESTS,
    # Whether the key is good cannot be told then.
    ProblemCode.ENGINE_UNAVAILABLE,
)


class ShownExample(Example):
    """An answer as it comes: members that are null belong to it."""

    def to_schema(self) -> dict[str, Any]:
        """Give the value as it is."""
        return {"value": self.value}


class _NamedExample(Example):
    """Stands under its id; OpenAPI knows no such member within."""

    def to_schema(self) -> dict[str, Any]:
        """Leave the id out."""
        return {name: value for name, value in super().to_schema().items() if name != "id"}


def problems(
    *codes: ProblemCode,
    otherwise: Mapping[ProblemCode, int] | None = None,
    guarded: bool = True,
    keyed: bool = True,
) -> dict[int, ResponseSpec]:
    """Document the problems a route can answer with, besides those that all can.

    Args:
        codes: The rows of the problem table.
        otherwise: Rows that this route answers with another status.
        guarded: Whether the route is for this machine and known pages only.
        keyed: Whether the route demands a key where there are keys.
    """
    by_status: dict[int, list[ProblemKind]] = {}
    asked = (*_GUARDED, *(_KEYED if keyed else ())) if guarded else ()
    slow = (ProblemCode.REQUEST_TIMEOUT,) if ProblemCode.BODY_TOO_LARGE in codes else ()
    for code in dict.fromkeys((*codes, *asked, *slow, *_OF_ALL)):
        by_status.setdefault(PROBLEMS[code].status, []).append(PROBLEMS[code])
    for code, status in (otherwise or {}).items():
        by_status.setdefault(status, []).append(replace(PROBLEMS[code], status=status))
    return {
        status: ResponseSpec(
            ProblemBody,
            generate_examples=False,
            description="; ".join(f"`{kind.code}`: {kind.title}" for kind in kinds) + ".",
            media_type=PROBLEM_JSON,
            examples=[_NamedExample(id=kind.code, value=sample(kind)) for kind in kinds],
        )
        for status, kinds in sorted(by_status.items())
    }


def answer(data: Any, description: str) -> ResponseSpec:
    """Document a second way a route can succeed."""
    return ResponseSpec(data, generate_examples=False, description=description)


def operation(
    examples: Mapping[int, Mapping[str, Any]] | None = None,
    media: Mapping[int, Mapping[str, OpenAPIMediaType]] | None = None,
    body: RequestBody | None = None,
    only_media: Mapping[int, Mapping[str, OpenAPIMediaType]] | None = None,
) -> type[Operation]:
    """Make an operation that has more to show than its types say.

    Args:
        examples: JSON answers by status and name.
        media: More media types by status.
        body: What the handler takes without a parameter for it.
        only_media: All media types by status, where the handler's own says too little.
    """

    @dataclass
    class Documented(Operation):
        def __post_init__(self) -> None:
            self.request_body = self.request_body or body
            responses = self.responses or {}
            for status, named in (examples or {}).items():
                content = getattr(responses[str(status)], "content", None) or {}
                content["application/json"].examples = {
                    name: ShownExample(value=value) for name, value in named.items()
                }
            for status, kinds in (only_media or {}).items():
                responses[str(status)].content = dict(kinds)  # type: ignore[union-attr]
            for status, kinds in (media or {}).items():
                content = getattr(responses[str(status)], "content", None) or {}
                content.update(kinds)

    return Documented
