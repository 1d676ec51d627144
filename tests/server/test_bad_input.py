"""Bad input: each kind gets a proper problem, and the next good request works."""

# ruff: noqa: E501 - one line a case reads as a table
from __future__ import annotations

import base64
import logging
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
MESSAGES = f"{API}/messages"
JSON = {"content-type": "application/json"}
GOOD: dict[str, Any] = {"to": "15550100001", "text": "hola"}
CANARY = "canary-words-nobody-may-repeat"


def _raw(content: bytes) -> dict[str, Any]:
    return {"content": content, "headers": JSON}


def _sequence(number: int) -> str:
    return base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


BAD: dict[str, tuple[str, str, dict[str, Any], int, str]] = {
    # name: method, path, request, status, code
    "unknown account": ("POST", MESSAGES, {"json": GOOD | {"account": CANARY[:6]}}, 422, "unknown_account"),
    "unknown route": ("GET", f"{API}/nothing", {}, 404, "not_found"),
    "unknown root": ("GET", "/nothing/here", {}, 404, "not_found"),
    "wrong method": ("PUT", MESSAGES, {"json": GOOD}, 405, "method_not_allowed"),
    "malformed JSON": ("POST", MESSAGES, _raw(b'{"to": "1'), 400, "malformed_json"),
    "no JSON at all": ("POST", MESSAGES, _raw(CANARY.encode()), 400, "malformed_json"),
    "no UTF-8": ("POST", MESSAGES, _raw(b'{"to": "\xff"}'), 400, "malformed_json"),
    "half a character": ("POST", MESSAGES, _raw(b'{"to": "\\ud800"}'), 400, "malformed_json"),
    "too deep": ("POST", MESSAGES, _raw(b"[" * 200_000), 400, "malformed_json"),
    "too large a number": ("POST", MESSAGES, _raw(b'{"to": 1e999}'), 400, "malformed_json"),
    "a member twice": ("POST", MESSAGES, _raw(b'{"to": "15550100001", "text": "a", "t\\u0065xt": "b"}'), 400, "malformed_json"),
    "a member twice, deep within": ("POST", f"{MESSAGES}/batch", _raw(b'{"items": [{"to": "15550100001", "extra": {"a": [{"b": 1, "b": 1}]}}]}'), 400, "malformed_json"),
    "no body": ("POST", MESSAGES, _raw(b""), 400, "malformed_json"),
    "a list": ("POST", MESSAGES, {"json": [GOOD]}, 422, "invalid_body"),
    "null": ("POST", MESSAGES, {"json": None} | _raw(b"null"), 422, "invalid_body"),
    "a number for a text": ("POST", MESSAGES, {"json": GOOD | {"text": 7}}, 422, "invalid_body"),
    "a text for an object": ("POST", MESSAGES, {"json": GOOD | {"extra": CANARY}}, 422, "invalid_body"),
    "an object for an address": ("POST", MESSAGES, {"json": GOOD | {"to": {"a": CANARY}}}, 422, "invalid_body"),
    "an empty text": ("POST", MESSAGES, {"json": GOOD | {"text": ""}}, 422, "invalid_body"),
    "a blank text": ("POST", MESSAGES, {"json": GOOD | {"text": " \n\t"}}, 422, "invalid_body"),
    "no content": ("POST", MESSAGES, {"json": {"to": "15550100001"}}, 422, "invalid_body"),
    "no recipient": ("POST", MESSAGES, {"json": {"text": CANARY}}, 422, "invalid_body"),
    "an empty recipient": ("POST", MESSAGES, {"json": GOOD | {"to": ""}}, 422, "invalid_body"),
    "an endless recipient": ("POST", MESSAGES, {"json": GOOD | {"to": "1" * 5000}}, 422, "invalid_body"),
    "no phone number": ("POST", MESSAGES, {"json": GOOD | {"to": CANARY}}, 422, "invalid_address"),
    "an unknown key": ("POST", MESSAGES, {"json": GOOD | {"txet": CANARY}}, 422, "invalid_body"),
    "an id of the client's": ("POST", MESSAGES, {"json": GOOD | {"message_id": CANARY}}, 422, "invalid_body"),
    "attempts of the client's": ("POST", MESSAGES, {"json": GOOD | {"max_attempts": 3}}, 422, "invalid_body"),
    "a time without zone": ("POST", MESSAGES, {"json": GOOD | {"expires_at": "2030-01-01T00:00:00"}}, 422, "invalid_body"),
    "both contents": ("POST", MESSAGES, {"json": GOOD | {"content": {"type": "text", "body": "x"}}}, 422, "invalid_body"),
    "an unknown content": ("POST", MESSAGES, {"json": {"to": "15550100001", "content": {"type": CANARY}}}, 422, "invalid_body"),
    "content it cannot carry": ("POST", MESSAGES, {"json": {"to": "15550100001", "content": {"type": "template", "name": CANARY, "language": "es"}}}, 422, "unsupported_content"),
    "another media type": ("POST", MESSAGES, {"content": b"{}", "headers": {"content-type": "text/plain"}}, 415, "unsupported_media_type"),
    "a packed body": ("POST", MESSAGES, {"content": b"{}", "headers": {"content-type": "application/json", "content-encoding": "gzip"}}, 415, "unsupported_media_type"),
    "a body in Latin": ("POST", MESSAGES, {"content": b"{}", "headers": {"content-type": "application/json; charset=latin-1"}}, 415, "unsupported_media_type"),
    "a form": ("POST", MESSAGES, {"data": {"to": CANARY}}, 415, "unsupported_media_type"),
    "no media type": ("POST", MESSAGES, {"content": b"{}"}, 415, "unsupported_media_type"),
    "an unknown filter": ("GET", f"{MESSAGES}?stauts=failed", {}, 400, "invalid_parameter"),
    "an unknown status": ("GET", f"{MESSAGES}?status={CANARY}", {}, 400, "invalid_parameter"),
    "a limit of none": ("GET", f"{MESSAGES}?limit=0", {}, 400, "invalid_parameter"),
    "a limit of many": ("GET", f"{MESSAGES}?limit=201", {}, 400, "invalid_parameter"),
    "a limit in words": ("GET", f"{MESSAGES}?limit=many", {}, 400, "invalid_parameter"),
    "a made-up cursor": ("GET", f"{MESSAGES}?cursor={CANARY}", {}, 400, "invalid_cursor"),
    "a cursor out of range": ("GET", f"{MESSAGES}?cursor={_sequence(2**63)}", {}, 400, "invalid_cursor"),
    "a cursor below range": ("GET", f"{MESSAGES}?cursor={_sequence(-1)}", {}, 400, "invalid_cursor"),
    "a thread's made-up cursor": ("GET", f"{API}/conversations?cursor=%00", {}, 400, "invalid_cursor"),
    "a made-up event id": ("GET", f"{API}/events?after={CANARY}", {}, 400, "invalid_cursor"),
    "an event id of three parts": ("GET", f"{API}/events?after=a.1.1", {}, 400, "invalid_cursor"),
    "two places": ("GET", f"{API}/events?after=0&after=0", {}, 400, "invalid_parameter"),
    "two limits": ("GET", f"{MESSAGES}?limit=1&limit=2", {}, 400, "invalid_parameter"),
    "a ticket for no account": ("POST", f"{API}/events/tickets", {"json": {"account": []}}, 422, "invalid_body"),
    "a ticket for no type": ("POST", f"{API}/events/tickets", {"json": {"type": []}}, 422, "invalid_body"),
    "a ticket for no message": ("POST", f"{API}/events/tickets", {"json": {"message_id": []}}, 422, "invalid_body"),
    "a ticket for no thread": ("POST", f"{API}/events/tickets", {"json": {"conversation_id": []}}, 422, "invalid_body"),
    "a replay of no status": ("POST", f"{MESSAGES}/replay", {"json": {"account": "shop", "status": []}}, 422, "invalid_body"),
    "an event id out of range": ("GET", f"{API}/events?after=a.{2**63}", {}, 400, "invalid_cursor"),
    "an event id in other digits": ("GET", f"{API}/events?after=a.\u0663", {}, 400, "invalid_cursor"),
    "an unknown event type": ("GET", f"{API}/events?type={CANARY}", {}, 400, "invalid_parameter"),
    "a message id that is none": ("GET", f"{API}/events?message_id=7", {}, 400, "invalid_parameter"),
    "webhook for nobody": ("POST", f"{API}/webhooks/nobody", {"content": b"{}"}, 404, "unknown_account"),
    "handshake for nobody": ("GET", f"{API}/webhooks/nobody", {}, 404, "unknown_account"),
    "webhook without signature": ("POST", f"{API}/webhooks/shop", {"content": b"{}"}, 401, "webhook_rejected"),
    "webhook of a forger": ("POST", f"{API}/webhooks/shop", {"content": b"{}", "headers": {"x-acme-signature": "0" * 64}}, 401, "webhook_rejected"),
    "webhook signed in Latin": ("POST", f"{API}/webhooks/shop", {"content": b"{}", "headers": [(b"x-acme-signature", b"\xe9\xff\x80")]}, 401, "webhook_rejected"),
    "handshake of a forger": ("GET", f"{API}/webhooks/shop?token={CANARY}", {}, 403, "handshake_refused"),
    "demo of nobody": ("POST", "/api/demo/messaging/no/body/send", {"json": {"to": "15550100001", "text": "x"}}, 404, "no_demo_account"),
    "demo without text": ("POST", "/api/demo/messaging/acme/sms/send", {"json": {"to": "15550100001"}}, 422, "invalid_body"),
    "demo to no phone": ("POST", "/api/demo/messaging/acme/sms/send", {"json": {"to": CANARY, "text": "x"}}, 422, "invalid_address"),
    "demo with a content": ("POST", "/api/demo/messaging/acme/sms/send", {"json": {"to": "15550100001", "text": "x", "account": "shop"}}, 422, "invalid_body"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
async def test_bad_input_gets_a_problem_and_harms_nothing(
    make_app: Any, in_process: Any, refused: Any, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    method, path, request, status, code = BAD[name]
    async with in_process(make_app()) as client:
        with caplog.at_level(logging.DEBUG, "relevo"):
            answer = await client.request(method, path, **request)
        refused(answer, status, code)
        assert CANARY not in answer.text
        assert CANARY not in caplog.text
        good = await client.post(MESSAGES, json=GOOD, headers={"Prefer": "wait=5"})
        assert good.status_code == 200
        assert len((await client.get(MESSAGES)).json()["items"]) == 1


async def test_member_that_is_there_twice_is_named(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    """Which of the two is meant nobody knows; readers differ. Same words elsewhere are none."""
    async with in_process(make_app()) as client:
        twice = b'{"to": "15550100001", "text": "a", "text": "b"}'
        answer = await client.post(MESSAGES, **_raw(twice))
        problem = refused(answer, 400, "malformed_json")
        assert "'text' twice" in problem["detail"]
        long = b'{"%s": 1, "%s": 2}' % (b"x" * 5_000, b"x" * 5_000)
        assert len((await client.post(MESSAGES, **_raw(long))).text) < 1_000
        huge = b'{"to": "15550100001", "text": "a", "extra": {"n": %s}}' % (b"9" * 300)
        assert (await client.post(MESSAGES, **_raw(huge))).status_code < 500
        again = {"to": "15550100001", "text": "a", "extra": {"to": {"to": [{"to": 1}, {"to": 2}]}}}
        assert (await client.post(MESSAGES, json=again)).status_code == 202


LIST = {"type": "list", "body": "Pick a size", "button": "Sizes"}
BUTTONS = {"type": "buttons", "body": "Well?", "buttons": [{"id": "y", "title": "Yes"}]}
TEMPLATE = {"type": "template", "name": "order", "language": "es"}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"to": "15550100001"}, ["body"]),
        (GOOD | {"txet": 1, "message_id": 2}, ["txet", "message_id"]),
        (GOOD | {"text": " "}, ["text"]),
        (GOOD | {"to": ""}, ["to"]),
        ({"to": "1", "content": {"type": "text"}}, ["content.body"]),
        (
            {"to": "1", "content": LIST | {"sections": [{"rows": [{"id": "s"}]}]}},
            ["content.sections.0.rows.0.title"],
        ),
        (
            {"to": "1", "content": BUTTONS | {"header": {"type": "image", "link": "x", "text": 1}}},
            ["content.header.link", "content.header.text"],
        ),
        ({"to": "1", "content": BUTTONS | {"header": {"type": "x"}}}, ["content.header"]),
        ({"to": "1", "content": TEMPLATE | {"parameters": [1]}}, ["content.parameters.0"]),
        ({"to": "1", "content": TEMPLATE | {"parameters": {"a": 1}}}, ["content.parameters.a"]),
        ({"to": "1", "content": TEMPLATE | {"parameters": 7}}, ["content.parameters"]),
        ({"to": "1", "content": {"type": "no dot.here"}}, ["content.type"]),
        (GOOD | {"tuple[x]": 1, "content": None}, ["tuple[x]"]),
    ],
)
async def test_errors_name_each_field(
    make_app: Any, in_process: Any, refused: Any, body: dict[str, Any], fields: list[str]
) -> None:
    async with in_process(make_app()) as client:
        problem = refused(await client.post(MESSAGES, json=body), 422, "invalid_body")
    assert [one["field"] for one in problem["errors"]] == fields
    assert all(one["reason"] for one in problem["errors"])
    for theirs in ("Input", "nput should", "valid", "tuple[str", "dict["):
        assert not any(theirs in one["reason"] for one in problem["errors"])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"to": "15550100001"}, "has neither text nor content; give one of them"),
        (GOOD | {"content": {"type": "text", "body": "x"}}, "has both text and content"),
    ],
)
async def test_either_text_or_content_is_told_as_such(
    make_app: Any, in_process: Any, refused: Any, body: dict[str, Any], words: str
) -> None:
    async with in_process(make_app()) as client:
        for path in (MESSAGES, f"{MESSAGES}/plan"):
            problem = refused(await client.post(path, json=body), 422, "invalid_body")
            assert words in problem["detail"]


async def test_a_wrong_method_is_told_the_right_ones(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        answer = await client.delete(MESSAGES)
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


async def test_a_mistake_of_ours_tells_nothing_but_where_to_look(
    make_app: Any,
    in_process: Any,
    refused: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError(CANARY)

    async with in_process(make_app()) as client:
        with monkeypatch.context() as patch:
            patch.setattr("relevo.Dispatcher.accept", break_down)
            answer = await client.post(MESSAGES, json=GOOD)
        problem = refused(answer, 500, "internal_error")
        assert (await client.post(MESSAGES, json=GOOD)).status_code == 202
    assert CANARY not in answer.text
    assert "Zero" not in answer.text
    assert problem["incident"] in caplog.text
    assert "break_down" in caplog.text
    assert CANARY not in caplog.text


@pytest.mark.parametrize(
    ("more", "code", "field", "reason"),
    [
        ({"to": "nobody"}, "invalid_address", "to", "the recipient is no phone number"),
        ({"text": "too long"}, "rejected", "content.body", "is longer than Acme takes"),
        ({"account": "shp"}, "unknown_account", "account", "Account 'shp' is not configured."),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "invalid_message", "expires_at", "is past ("),
        ({"text": None, "content": BUTTONS}, "unsupported_content", "content", ""),
        (
            {"text": None, "content": {"type": "image", "media": "none"}},
            "unsupported_content",
            "content",
            "",
        ),
    ],
)
async def test_a_refusal_that_concerns_a_field_names_it(
    make_app: Any, in_process: Any, refused: Any, more: Any, code: str, field: str, reason: str
) -> None:
    """As `invalid_body` does, by one message and in a batch."""
    body = GOOD | more
    async with in_process(make_app()) as client:
        problem = refused(await client.post(MESSAGES, json=body), 422, code)
        batch = await client.post(f"{MESSAGES}/batch", json={"items": [body]})
    (error,) = problem["errors"]
    assert error["field"] == field
    assert error["reason"].startswith(reason)
    (same,) = batch.json()["items"][0]["problem"]["errors"]
    assert same["field"] == field


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/api/demo/messaging/acme/sms/send", {"to": "nobody", "text": "hola"}, "to"),
        (f"{API}/keys", {"name": "x", "scopes": ["read"], "accounts": ["shpo"]}, "accounts"),
    ],
)
async def test_a_field_is_named_as_this_body_calls_it(
    make_app: Any, in_process: Any, path: str, body: dict[str, Any], field: str
) -> None:
    async with in_process(make_app()) as client:
        answer = await client.post(path, json=body)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", 'application/json;charset="UTF-8"', "text/json"]
)
async def test_json_in_utf_8_may_say_so(make_app: Any, in_process: Any, kind: str) -> None:
    async with in_process(make_app()) as client:
        headers = {"content-type": kind, "content-encoding": "identity"}
        answer = await client.post(MESSAGES, content=b"{}", headers=headers)
    assert answer.status_code == (415 if kind.startswith("text") else 422)
