"""The client and the served OpenAPI document say the same: routes, what is sent, what is read."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType
from typing import Any, cast

import pytest
from litestar import Litestar
from pydantic import BaseModel
from tests.server.client.served import Document, Schema, faults, of_model

import relevo
from relevo.client import AsyncClient, Client
from relevo.client.call import Call, ListCall
from relevo.client.calls import events as of_events
from relevo.client.calls import media as of_media
from relevo.client.operations import Listing, Operation, Operations, WholeList
from relevo.server_address import API_PATH

NO_METHOD: Mapping[str, str] = {
    f"GET {API_PATH}/webhooks/{{account}}": "a provider's handshake",
    f"POST {API_PATH}/webhooks/{{account}}": "a provider's deliveries",
    f"POST {API_PATH}/events": "how an AG-UI client opens the stream that `events` follows",
    "POST /api/demo/messaging/{family}/{product}/send": "the demo's; `send` does more",
    "GET /health/live": "the same as under the API",
    "GET /health/ready": "the same as under the API",
    "GET /metrics": "for Prometheus",
    f"GET {API_PATH}/metrics": "for Prometheus",
}
"""What is served and is no method of the client."""

NOT_OFFERED: Mapping[str, set[str]] = {
    # The place goes in the header, which a server heeds first; pages and AG-UI are for others.
    "GET /events": {"after", "limit", "format", "ticket"},
}
"""What an operation takes and the client never sends."""

UNSAID_HEADERS = {"accept", "content-type", "range", "if-none-match"}
"""Headers of HTTP itself, which a document need not list."""

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = {"type": "text", "body": "hola"}
WHOLE = relevo.Message(
    to="15550100001",
    text="hola",
    account="shop",
    reply_to="p1",
    extra={"a": 1},
    expires_at=MOMENT,
    send_at=MOMENT,
    priority="bulk",
    on_unknown="hold",
)
SAMPLES: Mapping[str, Any] = {
    **dict.fromkeys(["account", "conversation_id", "idempotency_key", "key", "key_id"], "x"),
    **dict.fromkeys(["language", "name", "person", "reason", "category", "reply_to"], "x"),
    **dict.fromkeys(["error_code", "status", "filename", "last_event_id"], "x"),
    **dict.fromkeys(["expires_at", "send_at", "created_from", "created_until"], MOMENT),
    **dict.fromkeys(["closed_from", "closed_until"], MOMENT),
    **dict.fromkeys(["limit", "page_size", "max_age_s", "ttl_s", "rate", "webhook_id"], 20),
    "accounts": ["shop"],
    "all_accounts": True,
    "content": TEXT,
    "dead": True,
    "definition": {"name": "hola", "language": "es_AR"},
    "direction": relevo.Direction.OUT,
    "discarded": True,
    "extra": {"a": 1},
    "file": b"file",
    "idempotency_keys": ["x"],
    "ids": ["019a2c5e-7d1f-7c3a-9b51-0f6f3a1c2d4e"],
    "media_id": "019a2c5e-7d1f-7c3a-9b51-0f6f3a1c2d4e",
    "message": None,
    "message_id": "019a2c5e-7d1f-7c3a-9b51-0f6f3a1c2d4e",
    "messages": [WHOLE],
    "mime_type": "image/png",
    "on": True,
    "on_unknown": "hold",
    "priority": "bulk",
    "provider_message_id": "x",
    "resolution": relevo.Resolution.SENT,
    "scopes": ["send"],
    "text": "hola",
    "to": "15550100001",
    "type": "messaging.status",
    "wait_s": 5,
    "webhook_ids": [1],
}
"""Something for every parameter there is, so that every call says all it can."""

TRANSFERS: Mapping[str, Callable[..., Any]] = {
    "events": of_events.events,
    "upload_media": of_media.upload_media,
    "download_media": of_media.download_media,
}
"""What is followed or streamed: each flavour has a method of its own."""


def builders() -> dict[str, Callable[..., Any]]:
    """Every method's builder, by the method's name."""
    table = {
        name: cast("Any", one).build
        for name, one in vars(Operations).items()
        if isinstance(one, Operation | Listing | WholeList)
    }
    return {**table, **TRANSFERS}


def calls(build: Callable[..., Any]) -> Iterator[Call[Any]]:
    """Everything a method sends, with every parameter given."""
    parameters = inspect.signature(build).parameters.values()
    positional = [SAMPLES[one.name] for one in parameters if one.kind is one.POSITIONAL_ONLY]
    named = {
        one.name: SAMPLES[one.name] for one in parameters if one.kind is not one.POSITIONAL_ONLY
    }
    made = build(*positional, **named)
    if isinstance(made, ListCall):
        for cursor in (None, "cursor"):
            call = made.next_call(0, cursor)
            assert call is not None
            yield call
    else:
        yield made


def merged(build: Callable[..., Any]) -> tuple[Call[Any], set[str], set[str]]:
    """One of a method's calls, and the parameters and headers of all of them."""
    made = list(calls(build))
    params = {name for call in made for name in call.params}
    headers = {name.lower() for call in made for name in call.headers}
    return made[0], params, headers - UNSAID_HEADERS


BUILDERS = builders()


@pytest.fixture(scope="module")
def document() -> Document:
    """What a server serves that has everything on."""
    from relevo_server import create_app  # noqa: PLC0415 - as a user does

    values = {"engine": "memory", "accounts": {}, "plugins": {"enabled": []}}
    app: Litestar = create_app(relevo.Settings.model_validate(values))
    return Document(app.openapi_schema.to_schema())


def operation(document: Document, call: Call[Any]) -> Schema:
    method, _, path = call.route.partition(" ")
    return document.operations()[f"{method} {API_PATH}{path}"]


def parameters(served: Schema, place: str) -> set[str]:
    return {one["name"] for one in served.get("parameters", ()) if one["in"] == place}


def body_fields(document: Document, served: Schema) -> tuple[set[str], set[str]] | None:
    """Give the fields a JSON body can have and those it must have; None: anything goes."""
    content = served["requestBody"]["content"]
    if "application/json" not in content:
        return None
    schema = document.resolve(content["application/json"]["schema"])
    if schema.get("additionalProperties"):
        return None
    return set(schema["properties"]), set(schema.get("required", ()))


def test_every_operation_has_one_method_and_every_method_one_operation(document: Document) -> None:
    routes = [f"{call.method} {API_PATH}{call.route.partition(' ')[2]}"
              for build in BUILDERS.values() for call in [next(calls(build))]]  # fmt: skip
    assert len(routes) == len(set(routes))
    served = set(document.operations())
    assert set(routes) - served == set()
    assert served - set(routes) - set(NO_METHOD) == set()


def test_both_flavours_offer_the_same() -> None:
    """The same public names, and the same parameters where each has a method of its own."""

    def offered(kind: type) -> set[str]:
        names = {name for name in dir(kind) if not name.startswith("_")}
        return names - {"close", "aclose", "ask", "rows", "url"}

    assert offered(Client) == offered(AsyncClient) == set(BUILDERS)
    for name in TRANSFERS:
        blocking, cooperative = getattr(Client, name), getattr(AsyncClient, name)
        assert (
            inspect.signature(blocking).parameters == inspect.signature(cooperative).parameters
        ), name


def test_every_method_says_what_it_does() -> None:
    for name in BUILDERS:
        assert inspect.getdoc(getattr(Client, name)), name


def test_page_shows_every_method_with_what_it_takes() -> None:
    """As `name(taken, *, named, optional=)`; what a page shows too little or too much is wrong."""

    def written(name: str) -> str:
        method = getattr(Client, name)
        taken: list[str] = []
        for one in inspect.signature(getattr(method, "build", method)).parameters.values():
            if one.kind is one.KEYWORD_ONLY and "*" not in taken:
                taken.append("*")
            taken.append(one.name if one.default is one.empty else f"{one.name}=")
        return f"{name}({', '.join(one for one in taken if one != 'self')})"

    page = (Path(__file__).parents[3] / "docs" / "client.md").read_text("utf-8")
    block = page.partition("## Every method")[2].partition("```text\n")[2].partition("```")[0]
    told = [line for line in block.replace("\n    ", " ").splitlines() if line]
    assert sorted(told) == sorted(written(name) for name in BUILDERS)


@pytest.mark.parametrize("name", BUILDERS)
def test_whatever_is_sent_is_taken(document: Document, name: str) -> None:
    call, params, headers = merged(BUILDERS[name])
    served = operation(document, call)
    assert set(call.places) == parameters(served, "path")
    assert params <= parameters(served, "query")
    assert headers <= {one.lower() for one in parameters(served, "header")}
    left = NOT_OFFERED.get(call.route, set())
    assert parameters(served, "query") - params <= left
    assert {one.lower() for one in parameters(served, "header")} - headers <= UNSAID_HEADERS
    assert ("requestBody" in served) == (call.body is not None or call.file is not None)


@pytest.mark.parametrize(
    "name", [name for name, build in BUILDERS.items() if next(calls(build)).body is not None]
)
def test_bodies_have_the_fields_that_are_taken_and_no_other(document: Document, name: str) -> None:
    call = next(calls(BUILDERS[name]))
    fields = body_fields(document, operation(document, call))
    if fields is not None:
        assert set(call.body) == fields[0]
        assert fields[1] <= set(call.body)


def test_items_of_a_batch_are_whole_messages(document: Document) -> None:
    call = next(calls(BUILDERS["send_batch"]))
    single, _ = body_fields(document, operation(document, next(calls(BUILDERS["send"])))) or ({}, 0)
    assert set(call.body["items"][0]) == set(single) - {"text"} | {"idempotency_key"}


@pytest.mark.parametrize("name", BUILDERS)
def test_whatever_is_answered_is_read(document: Document, name: str) -> None:
    """For every good answer: each field that is read is there, and of a type that is read."""
    call = next(calls(BUILDERS[name]))
    served = operation(document, call)
    good = {status: one for status, one in served["responses"].items() if status < "300"}
    assert good
    for status, answer in good.items():
        content = answer.get("content") or {}
        if call.answer is NoneType:
            assert status == "204" or set(content) & {
                "text/event-stream",
                "*/*",
            }
            continue
        schema = content["application/json"]["schema"]
        model = cast("type[BaseModel]", call.answer)
        assert list(faults((document, schema), of_model(model))) == []


def test_events_are_read_as_they_are_served(document: Document) -> None:
    page = document.resolve({"$ref": "#/components/schemas/EventPage"})
    types = page["properties"]["items"]["items"]["oneOf"]
    assert len(types) == len(relevo.EventType)
    for one in types:
        assert list(faults((document, one), of_model(relevo.Event))) == []


def test_comparison_sees_what_does_not_fit() -> None:
    """The test of the tests: a field too many, one that may be missing, another type or word."""

    class Read(BaseModel):
        name: str
        at: datetime
        state: relevo.Direction

    def told(**fields: Any) -> list[str]:
        schema = {"type": "object", "properties": fields, "required": ["name", "at"]}
        return sorted(faults((Document({}), schema), of_model(Read)))

    moment = {"type": "string", "format": "date-time"}
    word = {"type": "string", "enum": ["in", "out", "both"]}
    assert told(name={"type": ["string", "null"]}, at={"type": "string"}, state=word) == [
        "$.at: the server may send string, read are ['date-time']",
        "$.name: the server may send null, read are ['string']",
        "$.state: no word for ['both']",
        "$.state: the server may leave it out",
    ]
    assert told(at=moment, state={**word, "enum": ["in"]}) == [
        "$.name: the server has no such field",
        "$.state: the server may leave it out",
    ]
