"""The `Idempotency-Key` of a request, and of an item of a batch."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request

from relevo.idempotency_keys import key_fault
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.reasons import field_error

_HEADER: Final = "Idempotency-Key"
_PLACE: Final = f"The header {_HEADER}"


def read_idempotency_key(key: str | None, place: str = _PLACE, field: str = _HEADER) -> str | None:
    """Give the key, or None where there is none.

    Args:
        key: As it came.
        place: What held it.
        field: What that is called among what is wrong.

    Raises:
        Problem: It is empty, too long, or holds a character that others may change.
    """
    fault = None if key is None else key_fault(key, place)
    if fault is not None:
        errors = [field_error(field, fault.removeprefix(place).lstrip())]
        raise Problem(ProblemCode.INVALID_IDEMPOTENCY_KEY, fault, errors=errors)
    return key


def read_idempotency_header(request: Request[Any, Any, Any]) -> str | None:
    """Give the key in a request's header, or None where there is none.

    Raises:
        Problem: There are several, or it can be none.
    """
    keys = request.headers.getall(_HEADER, [])
    if len(keys) > 1:
        msg = f"The request has {len(keys)} headers {_HEADER}; one request has one key. Send one."
        raise Problem(ProblemCode.INVALID_IDEMPOTENCY_KEY, msg)
    return read_idempotency_key(keys[0] if keys else None)


def refuse_idempotency_header(request: Request[Any, Any, Any]) -> None:
    """Refuse a key for a whole batch: nobody would read it.

    Raises:
        Problem: There is one.
    """
    if _HEADER in request.headers:
        msg = (
            f"A batch has no {_HEADER} of its own: give each item its `idempotency_key`, "
            "and leave the header out."
        )
        raise Problem(ProblemCode.INVALID_IDEMPOTENCY_KEY, msg)
