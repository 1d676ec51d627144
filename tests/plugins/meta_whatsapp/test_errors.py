"""The error table, against the list of all codes Meta documents and what each class means."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import JsonValue

import relevo
from relevo_meta_whatsapp.api import Answer, raise_error
from relevo_meta_whatsapp.errors import ERROR_TABLE, Policy, Scope, row_of
from relevo_meta_whatsapp.receiving.faults import read_errors

T, R, A, P, W = (
    relevo.Unavailable,
    relevo.Throttled,
    relevo.AuthFailed,
    relevo.Rejected,
    relevo.WindowClosed,
)


def span(first: int, last: int) -> list[int]:
    return list(range(first, last + 1))


# Written out here apart from the table, so that both would have to be wrong alike.
# fmt: off
CLASSES: dict[type[relevo.SendError], list[int]] = {
    T: [1, 2, 131000, 131016, 131057, 133004, 133015, 134101, 138004, 138007, 139102, 139103,
        2494100],
    R: [4, 613, 80007, 130429, 131048, 131056, 131064, 131208, 132069, 133016, 138002, 138005],
    A: [0, 3, 10, 33, 102, 104, 190, *span(200, 299), 368, 2500, 131005, 131031, 131037,
        131042, 131044, 131045, 133000, 133005, 133006, 133008, 133009, 133010],
    W: [131047],
    relevo.OptedOut: [131050],
    P: [100, 470, 471, 1013, 1026, 130403, 130472, 130497, 130501, 131008, 131009, 131014, 131020,
        131021, 131026, 131030, 131035, 131036, 131041, 131049, 131051, 131052, 131053,
        131055, 131059, 131060, 131062, 131063, *span(131201, 131204), 131207,
        *span(131209, 131215), 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016,
        132018, 132068, 134011, 134100, 134102, 135000, 137000, 138000, 138001, 138003, 138006,
        138009, *span(138012, 138023), *span(139000, 139006), 139100, 139101,
        *span(147001, 147005), 2388001, 2388012, 2388019, 2388039, 2388040, 2388047, 2388072,
        2388073, 2388091, 2388093, 2388103, 2388293, 2388299, 2593107, 2593108, 2593109],
}
# fmt: on
CODES = [(code, error) for error, codes in CLASSES.items() for code in codes]


def body(code: Any, **more: Any) -> dict[str, Any]:
    details = {"messaging_product": "whatsapp", "details": "about +34600111222"}
    error = {"message": f"(#{code}) words", "type": "OAuthException", "code": code}
    return {"error": {**error, "error_data": details, "fbtrace_id": "A", **more}}


def refuse(status: int, document: Any, retry_after_s: float | None = None) -> relevo.SendError:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(relevo.SendError) as caught:
        raise_error("shop", Answer(status, raw, retry_after_s))
    return caught.value


@pytest.mark.parametrize(("code", "error"), CODES)
def test_every_documented_code_has_its_class(code: int, error: type[relevo.SendError]) -> None:
    for status in (400, 401, 403, 404, 500, 503):
        refused = refuse(status, body(code))
        assert type(refused) is error
        assert (refused.provider_code, refused.http_status) == (str(code), status)
        assert refused.raw == body(code)


def test_the_table_knows_no_other_codes() -> None:
    known = {code for row in ERROR_TABLE for code in range(row.first, row.last + 1)}
    assert known == {code for code, _ in CODES}


@pytest.mark.parametrize("row", ERROR_TABLE, ids=lambda row: str(row.first))
def test_a_row_says_what_it_is_about_and_what_to_do(row: Any) -> None:
    assert row.first <= row.last
    assert isinstance(row.policy, Policy)
    assert isinstance(row.scope, Scope)
    assert re.fullmatch(r"[A-Z].*[.]", row.advice)


def test_only_131208_lies_in_another_rows_range() -> None:
    """The first row that holds a code speaks for it, so an overlap has to be on purpose."""
    rows = [row for row in ERROR_TABLE for _ in range(row.first, row.last + 1)]
    codes = [code for row in ERROR_TABLE for code in range(row.first, row.last + 1)]
    assert len(rows) == len(codes)
    assert {code for code in codes if codes.count(code) > 1} == {131208}


@pytest.mark.parametrize("code", [131056, 130429, 190, 131047, 100, 131000, 999999])
def test_no_sentence_repeats_metas_words_which_may_hold_a_number(code: int) -> None:
    sentence = refuse(400, body(code)).message
    assert "34600111222" not in sentence
    assert "Account 'shop'" in sentence
    assert f"code {code}" in sentence


@pytest.mark.parametrize(
    ("code", "scope"),
    [(131056, "recipient"), (132069, "recipient"), (130429, "account"), (4, "account")],
)
def test_throttling_names_whom_it_concerns(code: int, scope: str) -> None:
    error = refuse(400, body(code), 7)
    assert isinstance(error, relevo.Throttled)
    assert (error.scope, error.retry_after_s) == (scope, 7)


@pytest.mark.parametrize("code", [4, 100, 190, 131000, 131047, 999999])
def test_429_is_throttling_whatever_the_code(code: int) -> None:
    error = refuse(429, body(code), 3)
    assert isinstance(error, relevo.Throttled)
    assert (error.retry_after_s, error.provider_code) == (3, str(code))


@pytest.mark.parametrize(
    ("status", "error"), [(400, P), (403, P), (404, P), (408, P), (500, T), (503, T)]
)
def test_a_code_yet_unknown_goes_by_the_status(status: int, error: type[relevo.SendError]) -> None:
    assert type(refuse(status, body(424242))) is error


def test_management_errors_hide_their_code_in_the_subcode() -> None:
    assert type(refuse(400, body(100, error_subcode=2494100))) is relevo.Unavailable
    assert type(refuse(400, body(100, error_subcode=33))) is relevo.Rejected
    assert type(refuse(400, body(131056, error_subcode=2494071))) is relevo.Throttled


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        (
            "API calls from the server require an appsecret_proof argument",
            "set appsecret_proof = true",
        ),
        ("Invalid appsecret_proof provided in the API argument", "app_secret"),
        ("(#100) Invalid appsecret_proof provided in the API argument.", "app_secret"),
    ],
)
def test_fault_of_the_app_secret_is_the_accounts_and_no_messages(message: str, advice: str) -> None:
    """They share code 100 with every wrong parameter; only the sentence tells them apart."""
    refused = refuse(400, {"error": {"code": 100, "message": message, "type": "X"}})
    assert type(refused) is relevo.AuthFailed
    assert advice in refused.message
    assert "token is wrong" not in refused.message


def test_a_code_may_be_a_numeric_text() -> None:
    assert type(refuse(400, body("131047"))) is relevo.WindowClosed


UNREADABLE: list[Any] = [
    b"",
    b"<html>Bad gateway</html>",
    b'{"error":{"mess',
    b"\xff",
    b"[" * 100_000,
    {},
    [],
    {"error": "x"},
    {"error": {"message": "no code"}},
    {"error": {"code": True}},
    {"error": {"code": "x"}},
    {"error": {"code": "9" * 100}},
    {"error": [{"code": 131047}]},
]


@pytest.mark.parametrize("document", UNREADABLE)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, relevo.Rejected),
        (400, relevo.Rejected),
        (401, relevo.Rejected),
        (404, relevo.Rejected),
        (408, relevo.OutcomeUnknown),
        (429, relevo.Throttled),
        (500, relevo.OutcomeUnknown),
        (502, relevo.OutcomeUnknown),
        (599, relevo.OutcomeUnknown),
    ],
)
def test_without_metas_error_object_the_status_alone_counts(
    document: Any, status: int, error: type[relevo.SendError]
) -> None:
    refused = refuse(status, document)
    assert type(refused) is error
    assert (refused.http_status, refused.provider_code) == (status, None)


@pytest.mark.parametrize(("code", "error"), CODES)
def test_a_failed_status_is_final_whatever_its_class(
    code: int, error: type[relevo.SendError]
) -> None:
    errors: list[JsonValue] = [{"code": code, "title": "+34600111222"}, {"code": 1}]
    told, _ = read_errors(errors, "WhatsApp reports the message as failed")
    assert (told.code, told.provider_code, told.retryable) == (error.code, str(code), False)
    assert "34600111222" not in told.message


def test_row_of_nothing_is_nothing() -> None:
    assert row_of(None) is None
    assert row_of(300) is None
