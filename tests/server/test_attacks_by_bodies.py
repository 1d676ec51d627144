"""What somebody tries with bodies: forms, values and letters that cost more than they should."""

from __future__ import annotations

import json
from contextlib import suppress
from time import process_time
from typing import Any

import anyio
import pydantic
import pytest

from relevo.field_faults import field_faults
from relevo_server.requests.bodies import SendBody

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
PAGE = {"accept": "application/json"}
JSON = {"content-type": "application/json"}
GOOD = {"account": "shop", "to": "15550100001", "text": "x"}
MANY = 20_000
FORM = {"content-type": "multipart/form-data; boundary=b"}
FILE = b'--b\r\ncontent-disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n'


def field(value: bytes, kind: str = "text/plain") -> bytes:
    """Write a field of a form that is no file."""
    head = f'--b\r\ncontent-disposition: form-data; name="n"\r\ncontent-type: {kind}\r\n\r\n'
    return head.encode() + value + b"\r\n"


@pytest.mark.parametrize("charset", ["punycode", "idna", "base64", "no such"])
async def test_a_fields_charset_is_not_asked(
    charset: str, make_app: Any, in_process: Any, refused: Any
) -> None:
    """A field beside the file was decoded as it says: punycode takes the square of its length."""
    async with in_process(make_app()) as client:
        body = field(b"a-" + b"9z" * 15_000, f"text/plain; charset={charset}") + FILE + b"--b--\r\n"
        began = process_time()
        refused(await client.post(f"{API}/media", content=body, headers=FORM), 422, "invalid_body")
        assert process_time() - began < 1


async def test_a_form_has_no_room_beside_its_file(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    """Fields would be kept in memory; a file goes to disk."""
    async with in_process(make_app()) as client:
        body = FILE + field(b"x" * 70_000) + b"--b--\r\n"
        refused(await client.post(f"{API}/media", content=body, headers=FORM), 422, "invalid_body")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", FILE + b"--b--\r\n"),
        ("multipart/form-data; boundary=", FILE + b"--b--\r\n"),
        (f"multipart/form-data; boundary={'b' * 201}", FILE + b"--b--\r\n"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"no form"),
        ("multipart/form-data; boundary=b", FILE),
        ("multipart/form-data; boundary=b", b"--b--\r\n"),
        ("multipart/form-data; boundary=b", FILE + FILE + b"--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", field(b"") * 101 + FILE + b"--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"x: y\r\n" * 50 + b"\r\n--b--\r\n"),
    ],
    ids=range(11),
)
async def test_what_is_no_form_is_a_problem_and_no_incident(
    kind: str, body: bytes, make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        answer = await client.post(f"{API}/media", content=body, headers={"content-type": kind})
        refused(answer, 422, "invalid_body")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("messages", {f"k{number}": 0 for number in range(MANY)}),
        ("messages", GOOD | {"extra": {"a": [[]] * MANY}}),
        (
            "messages/plan",
            {"to": "1", "content": {"type": "template", "components": [0] * MANY}},
        ),
        ("events/tickets", {"type": ["x"] * MANY}),
        ("keys", {"name": "n", "scopes": ["x"] * MANY}),
    ],
)
async def test_a_body_of_more_values_than_anybody_means_is_not_looked_through(
    path: str, body: dict[str, Any], make_app: Any, in_process: Any, refused: Any
) -> None:
    """A thousand wrong fields took a second, a megabyte of them an hour, and all others waited."""
    async with in_process(make_app()) as client:
        problem = refused(await client.post(f"{API}/{path}", json=body), 422, "invalid_body")
        assert "more than 10000 values" in problem["detail"]


async def test_an_item_of_too_many_values_is_refused_alone(make_app: Any, in_process: Any) -> None:
    items = [{f"k{number}": 0 for number in range(MANY)}, GOOD | {"account": "x" * 256}, GOOD]
    async with in_process(make_app()) as client:
        answer = await client.post(f"{API}/messages/batch", json={"items": items})
        assert [one["status"] for one in answer.json()["items"]] == [422, 422, 202]
        assert len(answer.content) < 3_000


@pytest.mark.parametrize(("many", "told"), [(50, 50), (60, 51), (1_001, 1)])
def test_of_many_wrong_fields_only_some_are_told(many: int, told: int) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        SendBody.model_validate(GOOD | {f"k{number}": 0 for number in range(many)})
    faults = field_faults(caught.value)
    assert len(faults) == told
    assert ("more things" in faults[-1].reason) is (many == 60)
    assert ("1001 things" in faults[-1].reason) is (many == 1_001)


async def test_a_member_that_comes_twice_at_the_end_is_found_at_once(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    members = [f'"k{number}": 0' for number in range(60_000)]
    body = "{" + ", ".join([*members, members[-1]]) + "}"
    async with in_process(make_app()) as client:
        began = process_time()
        answer = await client.post(f"{API}/messages", content=body, headers=JSON)
        refused(answer, 400, "malformed_json")
        assert process_time() - began < 2


async def test_only_some_unknown_parameters_are_told(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    """An address of 64 KiB had an answer of ten times as much."""
    async with in_process(make_app()) as client:
        asked = "&".join(f"z{number}=" for number in range(100))
        problem = refused(await client.get(f"{API}/messages?{asked}"), 400, "invalid_parameter")
        assert len(problem["errors"]) == 20


async def test_what_follows_a_body_with_two_ends_is_no_request(
    make_app: Any, over_http: Any
) -> None:
    """To a proxy that counts the bytes it was the body's rest: somebody else's answer would it be.

    RFC 9112, 6.1: the connection has to be closed after the answer.
    """
    head = "POST /api/v1/messaging/messages HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    ends = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    smuggled = "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    async with over_http(make_app()) as client:
        async with await anyio.connect_tcp(client.base_url.host, client.base_url.port) as stream:
            await stream.send(f"{head}{ends}{smuggled}".encode())
            told = b""
            with anyio.fail_after(30), suppress(anyio.EndOfStream):
                while True:
                    told += await stream.receive()
        assert told.count(b"HTTP/1.1 ") == 1
        assert b"connection: close" in told


@pytest.mark.parametrize(
    "news",
    [
        r'{"from": "15550100001", "text": "\ud800"}',
        r'{"from": "15550100001", "text": "x", "z": "\ud800", "\udc00": 1}',
        r'{"id": "nobody", "status": "delivered", "z": "\ud800"}',
        '{"from": "15550100001", "text": "x", "z": 1e400}',
        '{"from": "15550100001", "text": "x", "z": NaN}',
    ],
)
async def test_news_that_no_json_can_hold_closes_no_list(
    news: str, make_app: Any, in_process: Any, signed: Any
) -> None:
    """Half of a character, or a number without end: whoever lists it later must get an answer."""
    app = make_app()
    async with in_process(app) as client:
        for body in (news, '{"from": "15550100002", "text": "good"}'):
            hook = await client.post(f"{API}/webhooks/shop", **signed(body.encode()))
            assert hook.status_code == 200
        with anyio.fail_after(30):
            while (await client.get(f"{API}/messages")).text.count("15550100002") == 0:
                await anyio.sleep(0.01)
        listed = (await client.get(f"{API}/messages")).json()["items"]
        for path in ("messages", "inbox", "conversations", "events?after=0", "inbox/1"):
            answer = await client.get(f"{API}/{path}", headers=PAGE)
            assert answer.status_code == 200, path
            json.loads(answer.text, parse_constant=pytest.fail)
        for one in listed:
            shown = await client.get(f"{API}/messages/{one['id']}")
            assert shown.status_code == 200
            json.loads(shown.text, parse_constant=pytest.fail)
