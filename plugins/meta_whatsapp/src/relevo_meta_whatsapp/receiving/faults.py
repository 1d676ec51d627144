"""What Meta says went wrong with one message."""

from __future__ import annotations

from pydantic import JsonValue

from relevo import ErrorDetail
from relevo_meta_whatsapp.details import describe
from relevo_meta_whatsapp.errors import ERRORS, UNKNOWN_REFUSAL, row_of

_MAX_CODE_DIGITS = 12


def read_errors(errors: JsonValue, told: str) -> tuple[ErrorDetail, ...]:
    """Describe errors; `told` is what Meta reports by them. They are final, whatever the code."""
    found = errors if isinstance(errors, list) else []
    return tuple(_detail(error, told) for error in found if isinstance(error, dict))


def code_of(error: JsonValue) -> int | None:
    """Read Meta's code, a number or a numeric text."""
    value = error.get("code") if isinstance(error, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value) if len(value) <= _MAX_CODE_DIGITS else None
    return None


def _detail(error: dict[str, JsonValue], told: str) -> ErrorDetail:
    code = code_of(error)
    row = row_of(code) or UNKNOWN_REFUSAL
    named = "no code" if code is None else f"code {code}"
    shown = describe(error)
    more = f" {shown}" if shown else ""
    return ErrorDetail(
        code=ERRORS[row.policy].code,
        message=f"{told} ({named}). {row.advice}{more}",
        provider_code=None if code is None else str(code),
        raw=error,
    )
