"""When a request is made again, and which error a refusal becomes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest

import relevo
from relevo.client import AsyncClient, Client
from relevo.client.answers.messages import MessageRow
from relevo.client.refusals import error_of

ROW: dict[str, Any] = {
    "id": "m1",
    "direction": "out",
    "status": "queued",
    "account": "shop",
    "provider": "acme_sms",
    "to": "15550100001",
    "conversation_id": "c1",
    "content": {"type": "text", "body": "hola"},
    "provider_message_id": None,
    "attempt_count": 0,
    "handovers": 0,
    "priority": "normal",
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00.5Z",
}
CUT = httpx.ReadError("cut")
REFUSED = httpx.ConnectError("refused")
SLOW = httpx.ReadTimeout("slow")
KEPT = httpx.Response(202, json=ROW)
KEY = "rlv_aaaabbbbcccc_canary-of-a-secret"


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    body = {
        "type": f"/problems/{code}",
        "title": "No",
        "status": status,
        "detail": "No.",
        "code": code,
    }
    return httpx.Response(status, json=body | {"instance": "/x"}, headers=headers)


class Server:
    """Meet requests with these, one after the other."""

    def __init__(self, *met: httpx.Response | Exception) -> None:
        self.requests: list[httpx.Request] = []
        self._met = list(met)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        met = self._met.pop(0)
        if isinstance(met, Exception):
            raise met
        # A copy: one flavour's answer cannot be read by the other.
        return httpx.Response(met.status_code, headers=met.headers, content=met.content)

    def client(self, **options: Any) -> Client:
        return Client("http://here", transport=httpx.MockTransport(self), **options)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """No waiting; what would have been waited."""
    slept: list[float] = []

    async def sleep(pause_s: float) -> None:
        slept.append(pause_s)

    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(anyio, "sleep", sleep)
    return slept


def send(client: Client) -> MessageRow:
    return client.send(to="15550100001", text="hola")


@pytest.mark.parametrize(
    "met",
    [
        [CUT, KEPT],
        [REFUSED, REFUSED, KEPT],
        [CUT, REFUSED, KEPT],
        [problem(503, "engine_busy", **{"retry-after": "1"}), KEPT],
        [problem(503, "engine_unavailable", **{"retry-after": "5"}), CUT, KEPT],
        [httpx.Response(503, headers={"retry-after": "0"}), KEPT],
    ],
)
def test_send_is_repeated_under_one_key(met: list[Any]) -> None:
    """Its own repeat cannot make a second message."""
    server = Server(*met)
    with server.client() as client:
        assert send(client).id == "m1"
    keys = {request.headers["idempotency-key"] for request in server.requests}
    assert len(server.requests) == len(met)
    assert len(keys) == 1
    assert len({request.content for request in server.requests}) == 1


def test_two_sends_have_two_keys_and_a_message_brings_its_own() -> None:
    server = Server(KEPT, KEPT, KEPT, KEPT)
    message = relevo.Message(to="15550100001", text="hola")
    with server.client() as client:
        send(client)
        send(client)
        client.send(message)
        client.send(message, idempotency_key="mine")
    keys = [request.headers["idempotency-key"] for request in server.requests]
    assert keys[0] != keys[1]
    assert keys[2:] == [str(message.message_id), "mine"]


@pytest.mark.parametrize(
    ("met", "kind"),
    [
        ([CUT, CUT, CUT], relevo.AnswerLost),
        ([CUT, REFUSED, REFUSED], relevo.AnswerLost),
        ([REFUSED, REFUSED, REFUSED], relevo.ServerUnreachable),
        ([SLOW], relevo.AnswerLost),
        ([problem(503, "engine_busy", **{"retry-after": "60"})], relevo.EngineBusy),
        ([problem(503, "engine_busy")], relevo.EngineBusy),
        ([problem(503, "unavailable", **{"retry-after": "5"})], relevo.Unavailable),
        ([problem(504, "outcome_unknown")], relevo.OutcomeUnknown),
        ([problem(429, "too_many_requests", **{"retry-after": "7"})], relevo.TooManyRequests),
        ([problem(429, "too_many_streams", **{"retry-after": "5"})], relevo.TooManyStreams),
    ],
)
def test_what_stays_wrong_is_an_error(met: list[Any], kind: type[relevo.RelevoError]) -> None:
    """An earlier cut is not forgotten: the message may have been kept."""
    server = Server(*met)
    with server.client() as client, pytest.raises(kind):
        send(client)
    assert len(server.requests) == len(met)


@pytest.mark.parametrize(
    "act",
    [
        lambda client: client.retry("m1"),
        lambda client: client.resolve("m1", "resend"),
        lambda client: client.replay(account="shop"),
        lambda client: client.create_key("x", scopes=["send"]),
        lambda client: client.upload_media(b"x"),
    ],
)
def test_what_would_be_done_twice_is_not_repeated(act: Callable[[Client], object]) -> None:
    server = Server(CUT)
    with server.client() as client, pytest.raises(relevo.AnswerLost):
        act(client)
    server = Server(problem(503, "engine_unavailable", **{"retry-after": "1"}))
    with server.client() as client, pytest.raises(relevo.EngineUnavailable):
        act(client)
    server = Server(REFUSED, problem(503, "engine_busy", **{"retry-after": "1"}), CUT)
    with server.client() as client, pytest.raises(relevo.AnswerLost):
        act(client)
    assert len(server.requests) == 3


def test_pauses_grow_and_are_as_long_as_asked(pauses: list[float]) -> None:
    busy = problem(503, "engine_busy", **{"retry-after": "3"})
    with Server(CUT, busy, CUT, KEPT).client(tries=4) as client:
        send(client)
    assert 0.1 <= pauses[0] <= 0.2
    assert pauses[1] == 3
    assert 0.4 <= pauses[2] <= 0.8


@pytest.mark.anyio
async def test_other_flavour_follows_the_same_rules() -> None:
    server = Server(CUT, problem(503, "engine_busy", **{"retry-after": "1"}), KEPT)
    async with AsyncClient("http://here", transport=httpx.MockTransport(server)) as client:
        assert (await client.send(to="15550100001", text="hola")).id == "m1"
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1


def kinds() -> Iterator[type[relevo.RelevoError]]:
    for name in relevo.__all__:
        kind = getattr(relevo, name)
        if isinstance(kind, type) and issubclass(kind, relevo.RelevoError):
            yield kind


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind is not relevo.StillPending])
def test_problem_becomes_the_error_of_its_code(kind: type[relevo.RelevoError]) -> None:
    detail = relevo.ProblemDetail(
        type=f"/problems/{kind.code}",
        title="No",
        status=422,
        detail="It cannot be.",
        code=kind.code,
        message_id="m1",
        provider_code="77",
        retry_after_s=7,
    )
    error = error_of(detail)
    assert type(error) is (relevo.RequestRefused if kind is relevo.RelevoError else kind)
    assert error.problem is detail
    assert error.message.startswith("It cannot be. (message m1)")
    if isinstance(error, relevo.SendError):
        assert error.provider_code == "77"
    if isinstance(error, relevo.Throttled | relevo.TooManyRequests):
        assert error.retry_after_s == 7


def test_problem_nobody_knows_is_a_refusal_with_everything_that_was_said() -> None:
    body = {
        "type": "https://elsewhere/problems/too_purple",
        "detail": "It is too purple.",
        "errors": [{"field": "text", "reason": "purple"}],
        "code": None,
    }
    met = httpx.Response(422, json=body, headers={"x-request-id": "r1"})
    with Server(met).client() as client, pytest.raises(relevo.RequestRefused) as caught:
        send(client)
    problem = caught.value.problem
    assert problem is not None
    assert (problem.code, problem.status, problem.request_id) == ("too_purple", 422, "r1")
    assert problem.errors == (relevo.FieldFault("text", "purple"),)


@pytest.mark.parametrize("status", [401, 403])
def test_missing_keys_and_scopes_are_told_with_what_to_do(status: int) -> None:
    code = {401: "missing_key", 403: "missing_scope"}[status]
    client = Server(problem(status, code)).client()
    with client, pytest.raises(relevo.RequestRefused, match="relevo keys") as caught:
        send(client)
    assert type(caught.value) is {401: relevo.Unauthorized, 403: relevo.MissingScope}[status]


def test_answers_of_a_newer_server_are_read() -> None:
    row = ROW | {
        "mood": "good",
        "priority": "urgent",
        "content": {"type": "hologram", "beam": [1]},
    }
    with Server(httpx.Response(202, json=row)).client() as client:
        message = send(client)
    assert message.priority == "urgent"
    assert isinstance(message.content, relevo.OtherContent)
    assert (message.content.kind, message.content.payload) == ("hologram", row["content"])
    assert message.created_at.tzinfo is not None


def test_answer_that_is_none_of_ours_is_told_without_its_words() -> None:
    met = httpx.Response(202, json=ROW | {"status": "canary", "created_at": "canary"})
    with Server(met).client() as client, pytest.raises(relevo.ForeignAnswer) as caught:
        send(client)
    assert "status" in caught.value.message
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


def test_rows_hide_people_and_their_words() -> None:
    shown = repr(MessageRow.model_validate(ROW | {"extra": {"a": "canary"}}))
    assert "15550100001" not in shown
    assert "hola" not in shown
    assert "canary" not in shown
    assert MessageRow.model_validate(ROW).as_json() == ROW | {
        "updated_at": "2026-01-01T00:00:00.500000Z"
    }


def test_pages_are_asked_for_as_they_are_needed() -> None:
    pages = [
        httpx.Response(200, json={"items": [ROW | {"id": str(n)} for n in ids], "next": cursor})
        for ids, cursor in (((1, 2), "c1"), ((3, 4), None))
    ]
    server = Server(*pages)
    with server.client() as client:
        rows = client.messages(account="shop", page_size=2)
        assert next(rows).id == "1"
        assert len(server.requests) == 1
        assert [row.id for row in rows] == ["2", "3", "4"]
    asked = [dict(request.url.params) for request in server.requests]
    assert asked == [
        {"account": "shop", "limit": "2"},
        {"account": "shop", "limit": "2", "cursor": "c1"},
    ]


def test_limit_is_never_passed_and_no_page_too_many_is_asked_for() -> None:
    items = [ROW | {"id": str(n)} for n in range(3)]
    first = httpx.Response(200, json={"items": items[:2], "next": "c1"})
    second = httpx.Response(200, json={"items": items, "next": "c2"})
    server = Server(first, second)
    with server.client() as client:
        assert len(list(client.messages(limit=3, page_size=2))) == 3
    assert [request.url.params["limit"] for request in server.requests] == ["2", "1"]


@pytest.mark.anyio
async def test_pages_come_to_the_other_flavour_too() -> None:
    pages = [
        httpx.Response(200, json={"items": [ROW], "next": cursor}) for cursor in ("c1", "c2", None)
    ]
    server = Server(*pages)
    async with AsyncClient("http://here", transport=httpx.MockTransport(server)) as client:
        assert len([row async for row in client.messages()]) == 3
        async for _ in client.messages(limit=0):
            pytest.fail("no row was asked for")


def test_message_is_given_whole_or_by_its_parts() -> None:
    whole = relevo.Message(to="user:a@b", text="hola", priority="bulk", max_attempts=2)
    with Server().client() as client:
        for wrong in (
            client.send,
            lambda: client.send(whole, text="x"),
            lambda: client.send(whole),
            lambda: client.send_batch(
                [whole.model_copy(update={"max_attempts": None})], idempotency_keys=[]
            ),
        ):
            with pytest.raises(relevo.InvalidMessage):
                wrong()
    server = Server(KEPT)
    with server.client() as client:
        client.send(whole.model_copy(update={"max_attempts": None}), wait_s=2.5)
    (request,) = server.requests
    assert request.headers["prefer"] == "wait=3"
    said = json.loads(request.content)
    assert (said.pop("content")["body"], said) == ("hola", {"to": "user:a@b", "priority": "bulk"})


def test_key_is_shown_and_never_seen(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(KEPT, problem(401, "invalid_key"))
    with caplog.at_level(0), server.client(key=KEY) as client:
        send(client)
        with pytest.raises(relevo.Unauthorized) as caught:
            send(client)
        told = [repr(client), repr(client._connecting), str(caught.value), repr(caught.value)]
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert all("canary" not in one for one in [*told, caplog.text])


def test_redirects_are_not_followed() -> None:
    """A key goes to the server that was named, and nowhere else."""
    server = Server(httpx.Response(307, headers={"location": "http://elsewhere/"}))
    with server.client(key=KEY) as client, pytest.raises(relevo.ForeignAnswer):
        send(client)
