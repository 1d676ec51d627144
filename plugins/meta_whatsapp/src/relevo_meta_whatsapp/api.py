"""What the Graph API answers: a receipt, or the error it means. Pure.

Gateways before Meta answer HTML, nothing, or half an answer: never assume JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple, NoReturn

from pydantic import JsonValue

from relevo import (
    Address,
    OutcomeUnknown,
    Receipt,
    Rejected,
    SendError,
    Throttled,
)
from relevo_meta_whatsapp.addresses import TEL, USER
from relevo_meta_whatsapp.errors import (
    ERRORS,
    UNKNOWN_FAILURE,
    UNKNOWN_REFUSAL,
    ErrorRow,
    Policy,
    Scope,
    row_of,
)
from relevo_meta_whatsapp.vendor_json import depth_exceeds, load_json

_MAX_ADDRESS = 256
_NAMES = (("wa_id", TEL), ("user_id", USER))
_MAX_CODE_DIGITS = 12
_FIRST_FAILURE = 500
_FIRST_OWN_SUBCODE = 1_000_000


class Answer(NamedTuple):
    """One HTTP answer; `body` is empty where it could not be read."""

    status: int
    body: bytes
    retry_after_s: float | None = None

    @property
    def taken(self) -> bool:
        """Whether Meta took the message, whatever the body says."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def read_receipt(to: Address, asked: str, body: bytes) -> Receipt:
    """Read a 2xx answer. What cannot be read is accepted too, its id pending.

    Args:
        to: The recipient as the message names it.
        asked: The recipient as the request named it.
        body: The answer's bytes.
    """
    raw = readable(body)
    people = _people(_first(raw, "contacts"))
    same = [person for person in people if person.scheme == to.scheme]
    person = next(iter(same or people), None)
    return Receipt(
        _text(_first(raw, "messages"), "id"),
        raw=raw,
        recipient=None if person == Address(to.scheme, asked) else person,
        recipient_aliases=tuple(other for other in people if other != person),
    )


def told_wait_s(headers: Mapping[str, str]) -> float | None:
    """Read how long to wait: `Retry-After`, or else until the business regains access.

    Meta promises neither. Its own header tells minutes, for each business.
    """
    asked = headers.get("retry-after", "")
    if asked.isascii() and asked.isdigit():
        return float(asked)
    usage = readable(headers.get("x-business-use-case-usage", "").encode())
    minutes = [
        told
        for uses in (usage.values() if isinstance(usage, dict) else ())
        for use in (uses if isinstance(uses, list) else ())
        if isinstance(use, dict)
        and isinstance(told := use.get("estimated_time_to_regain_access"), int | float)
    ]
    longest = max(minutes, default=0)
    return longest * 60.0 if longest > 0 else None


def raise_error(account: str, answer: Answer) -> NoReturn:
    """Raise what an answer that is no 2xx means for the message.

    Raises:
        SendError: The subclass the table gives for Meta's code; without an error object of
            Meta's, what the HTTP status alone proves.
    """
    raw = readable(answer.body)
    error = raw.get("error") if isinstance(raw, dict) else None
    code = _code(error.get("code")) if isinstance(error, dict) else None
    if code is None or not isinstance(error, dict):
        raise _plain_error(account, answer, raw)
    row = _row(code, _code(error.get("error_subcode")))
    if row is None:
        failure = answer.status >= _FIRST_FAILURE
        row = UNKNOWN_FAILURE if failure else UNKNOWN_REFUSAL
    raise _error(account, answer, row, raw=raw, code=code)


def _error(account: str, answer: Answer, row: ErrorRow, *, raw: JsonValue, code: int) -> SendError:
    words = f"Account {account!r}: WhatsApp answered HTTP {answer.status}, code {code}. "
    words += row.advice
    provider_code = str(code)
    if row.policy is Policy.THROTTLED or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(
            words,
            retry_after_s=answer.retry_after_s,
            scope="account" if row.scope is Scope.ACCOUNT else "recipient",
            provider_code=provider_code,
            http_status=answer.status,
            raw=raw,
        )
    kind = ERRORS[row.policy]
    return kind(words, provider_code=provider_code, http_status=answer.status, raw=raw)


def _plain_error(account: str, answer: Answer, raw: JsonValue) -> SendError:
    seen = f"Account {account!r}: HTTP {answer.status} without an error object of Meta's."
    status = answer.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        msg = f"{seen} It wants fewer requests."
        return Throttled(msg, retry_after_s=answer.retry_after_s, http_status=status, raw=raw)
    if status == HTTPStatus.REQUEST_TIMEOUT or status >= _FIRST_FAILURE:
        msg = f"{seen} Whether the message was taken is not known."
        return OutcomeUnknown(msg, http_status=status, raw=raw)
    msg = f"{seen} Check base_url and whatever stands between here and Meta."
    return Rejected(msg, http_status=status, raw=raw)


def readable(body: bytes) -> JsonValue:
    """Read JSON, or None: a proxy's HTML, half an answer, nothing."""
    try:
        raw = load_json(body)
    except ValueError:
        return None
    return None if depth_exceeds(raw) else raw


def _row(code: int, subcode: int | None) -> ErrorRow | None:
    """Find the row; management errors hide their own code in the subcode of a 100."""
    if subcode is not None and subcode >= _FIRST_OWN_SUBCODE:
        return row_of(subcode) or row_of(code)
    return row_of(code)


def _code(value: JsonValue) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if (
        isinstance(value, str)
        and value.isascii()
        and value.isdigit()
        and len(value) <= _MAX_CODE_DIGITS
    ):
        return int(value)
    return None


def _people(contact: Mapping[str, JsonValue]) -> list[Address]:
    """Name the person in every way the answer does: a number, a user id."""
    named = [(scheme, _text(contact, key)) for key, scheme in _NAMES]
    return [Address(scheme, name) for scheme, name in named if name and len(name) <= _MAX_ADDRESS]


def _first(raw: JsonValue, key: str) -> Mapping[str, JsonValue]:
    values = raw.get(key) if isinstance(raw, dict) else None
    first = values[0] if isinstance(values, list) and values else None
    return first if isinstance(first, dict) else {}


def _text(mapping: Mapping[str, JsonValue], key: str) -> str | None:
    value = mapping.get(key)
    return value if isinstance(value, str) and value else None
