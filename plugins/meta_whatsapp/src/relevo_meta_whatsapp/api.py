"""What the Graph API answers: a receipt, or the error it means. Pure.

Gateways before Meta answer HTML, nothing, or half an answer: never assume JSON.
"""

from __future__ import annotations

import re
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
from relevo_meta_whatsapp.details import describe, describe_whole, mask
from relevo_meta_whatsapp.errors import (
    ERRORS,
    SENTENCES,
    SUBCODES,
    UNKNOWN_FAILURE,
    UNKNOWN_REFUSAL,
    ErrorRow,
    Policy,
    Scope,
    row_of,
)
from relevo_meta_whatsapp.vendor_json import depth_exceeds, load_json

_FILE_CODES = frozenset({131052, 131053})
_PARAMETER_CODES = frozenset({100, 131009})
_NO_FILE = re.compile(
    r"media (?:attachment )?id\b|media not found|media\b.{0,80}\bexpired|no media\b", re.IGNORECASE
)
_TEMPLATE_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z]{2,4})?")
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


def raise_error(
    account: str,
    answer: Answer,
    *,
    sent: Mapping[str, JsonValue] | None = None,
    names_nobody: bool = False,
) -> NoReturn:
    """Raise what an answer that is no 2xx means for the message.

    Args:
        account: Whose request it was.
        answer: What came.
        sent: The JSON of the send, whose template is named where it is at fault.
        names_nobody: The request held no recipient and no message, so that Meta's words about it
            can be shown whole.

    Raises:
        SendError: The subclass the table gives for Meta's code; without an error object of
            Meta's, what the HTTP status alone proves.
    """
    raw = readable(answer.body)
    error = raw.get("error") if isinstance(raw, dict) else None
    code = _code(error.get("code")) if isinstance(error, dict) else None
    if code is None or not isinstance(error, dict):
        raise _plain_error(account, answer, raw)
    row = find_row(error)
    if row is None:
        failure = answer.status >= _FIRST_FAILURE
        row = UNKNOWN_FAILURE if failure else UNKNOWN_REFUSAL
    # Of a refused token Meta may quote a part; its row says what to do.
    whole = names_nobody and row.policy is not Policy.ACCOUNT
    told = describe_whole(error) if whole else describe(error)
    named = _template_named(sent) if sent and row.scope is Scope.TEMPLATE else None
    advice = " ".join(part for part in (_advice(row, told), named) if part)
    raise _error(account, answer, row._replace(advice=advice), raw=raw, code=code)


def lost_files(refusal: SendError) -> bool:
    """Tell whether Meta refused a message because it does not have a file that it names by id.

    Its files are good for 30 days; some are gone earlier. Source: refusals seen as of 2025.
    """
    if not isinstance(refusal, Rejected) or refusal.provider_code is None:
        return False
    code = int(refusal.provider_code)
    if code in _FILE_CODES:
        return True
    raw = refusal.raw
    error = raw.get("error") if isinstance(raw, dict) else None
    if code not in _PARAMETER_CODES or not isinstance(error, dict):
        return False
    data = error.get("error_data")
    told = (error.get("message"), data.get("details") if isinstance(data, dict) else None)
    return any(isinstance(words, str) and _NO_FILE.search(words) for words in told)


def find_row(error: Mapping[str, JsonValue]) -> ErrorRow | None:
    """Find what Meta's error object means; None where the table does not know its code."""
    code, subcode = _code(error.get("code")), _code(error.get("error_subcode"))
    if code is None:
        return None
    sentence = error.get("message")
    if isinstance(sentence, str):
        words = sentence.strip().removeprefix(f"(#{code})").strip(" .").lower()
        if row := SENTENCES.get((code, words)):
            return row
    if subcode is not None:
        if row := SUBCODES.get((code, subcode)):
            return row
        if subcode >= _FIRST_OWN_SUBCODE:
            # Management errors hide their own code in the subcode of a 100.
            return row_of(subcode) or row_of(code)
    return row_of(code)


def row_told(raw: JsonValue) -> ErrorRow | None:
    """Find what an answer's JSON means; None where it holds no error that the table knows."""
    error = raw.get("error") if isinstance(raw, dict) else None
    return find_row(error) if isinstance(error, dict) else None


def _template_named(sent: Mapping[str, JsonValue]) -> str | None:
    """Name the template of a send: of the form a name has, so that it can be nobody's words."""
    template = sent.get("template")
    told = template if isinstance(template, dict) else {}
    language = told.get("language")
    code = language.get("code") if isinstance(language, dict) else language
    name = told.get("name")
    if not (isinstance(name, str) and _TEMPLATE_NAME.fullmatch(name)):
        return None
    spoken = isinstance(code, str) and _LANGUAGE.fullmatch(code)
    return f"The message names template {mask(name)!r}" + (f" in {code!r}." if spoken else ".")


def _advice(row: ErrorRow, told: str | None) -> str:
    """Add what Meta tells, where it is safe to show and more than the row says."""
    return f"{row.advice} {told}" if told and row not in SENTENCES.values() else row.advice


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
