"""Checks on a request before its handler: no key that nobody reads, no body that is no JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions.base_exceptions import SerializationException
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.typing import FieldDefinition

from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.breadth import MOST_VALUES, refuse_too_many
from relevo_server.requests.breadth import OPT as MOST_OPT
from relevo_server.requests.reasons import FieldError

_JSON = re.compile(r"application/(?:[a-z0-9.!#$&^_-]+\+)?json", re.IGNORECASE)
_UTF_8 = re.compile(r"(?!.*\bcharset\s*=(?!\s*\"?(?:utf-?8|us-ascii)\b)).*", re.IGNORECASE)
_PLACE = re.compile(r" - at `[^`]*`$")
_BODY = "data"
_LONGEST_NAME = 100
_MOST_NAMED = 20
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_HALF_CHARACTER = (
    "it holds half of a surrogate pair (\\ud800 to \\udfff alone), which stands for no character"
)


async def refuse_unknown_parameters(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Refuse a query parameter the route does not know: a misspelt filter would filter nothing.

    One that has a single value and comes twice is refused too: which of them counts is a guess.

    Raises:
        Problem: Names the parameters.
    """
    known = {
        parameter.kwarg_definition.name: _takes_many(parameter)
        for parameter in handler.parsed_fn_signature.parameters.values()
        if isinstance(parameter.kwarg_definition, QueryParameter)
    }
    unknown = sorted(set(connection.query_params) - known.keys())
    if unknown:
        names = ", ".join(sorted(name for name in known if name)) or "none"
        errors = [
            FieldError(field=name, reason="there is no such parameter here")
            for name in unknown[:_MOST_NAMED]
        ]
        msg = f"The request has query parameters that nobody reads. Known here: {names}."
        raise Problem(ProblemCode.INVALID_PARAMETER, msg, errors=errors)
    given = connection.query_params
    doubled = sorted(
        name
        for name, takes_many in known.items()
        if name and not takes_many and len(given.getall(name, [])) > 1
    )
    if doubled:
        errors = [FieldError(field=name, reason="is given more than once") for name in doubled]
        msg = f"The request gives {', '.join(doubled)} more than once. Give it once."
        raise Problem(ProblemCode.INVALID_PARAMETER, msg, errors=errors)


def _takes_many(parameter: FieldDefinition) -> bool:
    return any(one.is_non_string_sequence for one in (parameter, *parameter.inner_types))


async def require_json(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Read the body of a POST, which has to be JSON and say so.

    A web page may send a body of any other kind to anybody without asking.

    Raises:
        Problem: There is none where the route takes one, it has another content
            type, or it cannot be read.
    """
    if not isinstance(connection, Request) or connection.method != "POST":
        return
    if _has_body(connection):
        content_type = connection.headers.get("content-type", "")
        kind, _, rest = content_type.partition(";")
        if not _JSON.fullmatch(kind.strip()):
            msg = "The body has to be JSON, sent with Content-Type: application/json."
            raise Problem(ProblemCode.UNSUPPORTED_MEDIA_TYPE, msg)
        packed = connection.headers.get("content-encoding", "identity").strip().lower()
        if packed not in {"", "identity"} or not _UTF_8.fullmatch(rest):
            msg = (
                "The body has to be JSON in UTF-8 as it is, neither packed nor in another charset."
            )
            raise Problem(ProblemCode.UNSUPPORTED_MEDIA_TYPE, msg)
    if _BODY in handler.parsed_fn_signature.parameters:
        await _read(connection)


def _has_body(request: Request[Any, Any, Any]) -> bool:
    headers = request.headers
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


async def _read(request: Request[Any, Any, Any]) -> None:
    """Read the body now; Litestar keeps it for the handler."""
    if not await request.body():
        msg = "The request has no body; this route takes a JSON object."
        raise Problem(ProblemCode.MALFORMED_JSON, msg)
    try:
        read = await request.json()
        _refuse_doubled((await request.body()).decode())
    except SerializationException as error:
        said = _PLACE.sub("", error.detail)
        reason = _HALF_CHARACTER if await _has_half_character(request) else said
        raise Problem(ProblemCode.MALFORMED_JSON, f"The body is no JSON: {reason}.") from error
    except UnicodeDecodeError as error:
        raise Problem(ProblemCode.MALFORMED_JSON, "The body is not encoded as UTF-8.") from error
    except RecursionError as error:
        raise Problem(
            ProblemCode.MALFORMED_JSON, "The body is nested too deeply to be read."
        ) from error
    refuse_too_many(read, request.route_handler.opt.get(MOST_OPT, MOST_VALUES))


def _refuse_doubled(text: str) -> None:
    """Refuse JSON that names a member of an object twice: which of them counts is a guess.

    Raises:
        Problem: Names the member.
    """
    # Large numbers stay what Python reads without a limit to their digits; nobody looks at them.
    json.loads(text, object_pairs_hook=_named_once, parse_int=float)


def _named_once(members: list[tuple[str, object]]) -> None:
    names = [name for name, _ in members]
    if len(set(names)) == len(names):
        return
    (doubled, _), *_ = Counter(names).most_common(1)
    shown = doubled if len(doubled) <= _LONGEST_NAME else f"{doubled[:_LONGEST_NAME]}..."
    msg = f"The body has the member {shown!r} twice in one object. Give it once."
    raise Problem(ProblemCode.MALFORMED_JSON, msg)


async def _has_half_character(request: Request[Any, Any, Any]) -> bool:
    """Tell whether the body is JSON but for one half of a character."""
    body = await request.body()
    if not _SURROGATE.search(body):
        return False
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        return False
    return False
