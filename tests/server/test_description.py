"""OpenAPI is true, and its page and the problems' pages need nothing from elsewhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from litestar import Litestar

import relevo
from relevo_server.problem_table import PROBLEMS
from relevo_server.problem_table.samples import DETAILS

pytestmark = pytest.mark.anyio

METHODS = {"get", "post", "put", "patch", "delete"}


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in schema["paths"].items():
        for method in METHODS & set(item):
            yield f"{method.upper()} {path}", item[method]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


async def read_schema(in_process: Any, app: Litestar) -> dict[str, Any]:
    async with in_process(app) as client:
        answer = await client.get("/schema/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json())


async def test_every_route_is_described_with_its_problems(make_app: Any, in_process: Any) -> None:
    schema = await read_schema(in_process, make_app())
    assert schema["openapi"].startswith("3.1")
    found = dict(operations(schema))
    api = "/api/v1/messaging"
    assert set(found) == {
        f"POST {api}/messages",
        f"GET {api}/messages",
        "GET /metrics",
        f"POST {api}/events",
        f"GET {api}/metrics",
        f"POST {api}/media/{{media_id}}/fetch",
        f"POST {api}/messages/plan",
        f"POST {api}/messages/batch",
        f"GET {api}/messages/{{message_id}}",
        f"POST {api}/messages/{{message_id}}/cancel",
        f"POST {api}/messages/{{message_id}}/read",
        f"POST {api}/messages/{{message_id}}/typing",
        f"POST {api}/conversations/{{conversation_id}}/block",
        f"POST {api}/conversations/{{conversation_id}}/unblock",
        f"POST {api}/messages/{{message_id}}/retry",
        f"POST {api}/messages/{{message_id}}/resolve",
        f"POST {api}/messages/replay",
        f"GET {api}/inbox",
        f"GET {api}/inbox/{{webhook_id}}",
        f"POST {api}/inbox/replay",
        f"POST {api}/inbox/discard",
        f"GET {api}/conversations",
        f"GET {api}/conversations/{{conversation_id}}",
        f"GET {api}/events",
        f"POST {api}/events/tickets",
        f"GET {api}/keys",
        f"POST {api}/keys",
        f"DELETE {api}/keys/{{key_id}}",
        f"GET {api}/webhooks/{{account}}",
        f"POST {api}/webhooks/{{account}}",
        f"GET {api}/accounts",
        f"POST {api}/accounts/{{name}}/pause",
        f"POST {api}/accounts/{{name}}/resume",
        f"GET {api}/accounts/{{name}}/health",
        f"POST {api}/accounts/{{name}}/health",
        f"GET {api}/accounts/{{account}}/templates",
        f"POST {api}/accounts/{{account}}/templates",
        f"DELETE {api}/accounts/{{account}}/templates/{{name}}",
        f"POST {api}/media",
        f"GET {api}/media/{{media_id}}",
        f"GET {api}/providers",
        f"GET {api}/health/live",
        f"GET {api}/health/ready",
        f"GET {api}/sandbox",
        f"POST {api}/sandbox/replies",
        f"POST {api}/sandbox/switches",
        "GET /health/live",
        "GET /health/ready",
        "POST /api/demo/messaging/{family}/{product}/send",
    }
    for name, operation in found.items():
        assert operation["summary"], name
        assert operation["tags"], name
        for status, response in operation["responses"].items():
            if status >= "400":
                kinds = response["content"]["application/problem+json"]["examples"]
                assert set(kinds) <= set(PROBLEMS), name
                assert {kind["value"]["status"] for kind in kinds.values()} == {int(status)}, name
    ids = [operation["operationId"] for operation in found.values()]
    assert len(ids) == len(set(ids))
    named = {name: found[name]["operationId"] for name in (f"GET {api}/messages", "GET /metrics")}
    assert named == {f"GET {api}/messages": "list_messages", "GET /metrics": "tell_metrics_at_root"}
    assert [one for one in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)+", one)] == []
    for reference in set(references(schema)):
        part: Any = schema
        for key in reference.removeprefix("#/").split("/"):
            part = part[key]


async def test_headers_of_answers_are_described(make_app: Any, in_process: Any) -> None:
    """Those that say what to do next: when to ask again, what to show, where it is."""
    found = dict(operations(await read_schema(in_process, make_app())))
    api = "/api/v1/messaging"
    send = found[f"POST {api}/messages"]["responses"]
    assert set(send["200"]["headers"]) == {"Location", "Preference-Applied"}
    assert set(send["429"]["headers"]) == {"Retry-After"}
    assert set(send["401"]["headers"]) == {"WWW-Authenticate"}
    assert "headers" not in found["GET /health/live"]["responses"]["403"], "no key is asked for"
    for name, operation in found.items():
        headers = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
        assert ("304" in operation["responses"]) == ("If-None-Match" in headers), name


async def test_answers_are_as_described(make_app: Any, in_process: Any) -> None:
    """Every member that is answered is described, and every required one is there."""
    schema = await read_schema(in_process, make_app())
    models = schema["components"]["schemas"]
    api = "/api/v1/messaging"
    async with in_process(make_app()) as client:
        body = {"to": "15550100001", "text": "hola"}
        sent = await client.post(f"{api}/messages", json=body, headers={"Prefer": "wait=5"})
        path = f"{api}/messages/{sent.json()['id']}"
        page = {"accept": "application/json"}
        answers = {
            "MessageRow": sent.json(),
            "ReceiptRow": sent.json()["receipt"],
            "MessagePage": (await client.get(f"{api}/messages")).json(),
            "MessageDetail": (await client.get(path)).json(),
            "AttemptRow": (await client.get(path)).json()["attempts"][0],
            "ConversationRow": (await client.get(f"{api}/conversations")).json()["items"][0],
            "EventPage": (await client.get(f"{api}/events", headers=page)).json(),
            "StandingRow": (await client.get(path)).json()["standing"],
            "AccountRow": (await client.get(f"{api}/accounts")).json()["items"][0],
            "QuarantinedPage": (await client.get(f"{api}/inbox")).json(),
            "ProviderRow": (await client.get(f"{api}/providers")).json()["items"][0],
            "Readiness": (await client.get("/health/ready")).json(),
            "EngineRow": (await client.get("/health/ready")).json()["engine"],
            "ProblemBody": (await client.get("/nothing")).json(),
        }
    for name, answer in answers.items():
        assert set(answer) <= set(models[name]["properties"]), name
        assert set(models[name]["required"]) <= set(answer), name


async def test_the_stream_and_the_page_are_both_described(make_app: Any, in_process: Any) -> None:
    schema = await read_schema(in_process, make_app())
    content = schema["paths"]["/api/v1/messaging/events"]["get"]["responses"]["200"]["content"]
    assert set(content) == {"application/json", "text/event-stream"}


async def test_models_tell_of_fields_and_words_that_pydantic_alone_knows(
    make_app: Any, in_process: Any
) -> None:
    """A vendor's content has fields of its own; types of events may be told in short."""
    models = (await read_schema(in_process, make_app()))["components"]["schemas"]
    assert models["NativeContent"]["additionalProperties"] is True
    words = models["TicketBody"]["properties"]["type"]["items"]["enum"]
    assert {"status", "messaging.status"} <= set(words)
    assert len(words) == 2 * len(relevo.EventType)


async def test_examples_of_bodies_are_accepted(
    make_app: Any, in_process: Any, give_key: Any
) -> None:
    app = make_app()
    schema = await read_schema(in_process, make_app())
    # Acme has no templates, no sandbox is on, and nothing is in doubt.
    refusals = {"unsupported_content", "not_supported", "no_sandbox", "not_in_doubt"}
    # An answer that has no end; its example is run where streams are tested.
    endless = "POST /api/v1/messaging/events"
    async with in_process(app) as client:
        # One of the examples makes a key: from then on keys are demanded.
        client.headers.update(await give_key(app))
        sent = await client.post(
            "/api/v1/messaging/messages", json={"to": "15550100001", "text": "hola"}
        )
        places = {"family": "acme", "product": "sms", "name": "shop", "account": "shop"}
        places["message_id"] = sent.json()["id"]
        for name, operation in operations(schema):
            if "requestBody" not in operation or "webhooks" in name or name.endswith("/media"):
                continue
            if name == endless:
                continue
            path = name.split()[1].format(**places)
            media = operation["requestBody"]["content"]["application/json"]
            assert media["schema"]["examples"], name
            for example in media["schema"]["examples"]:
                answer = await client.post(path, json=example)
                assert answer.is_success or answer.json()["code"] in refusals, name
                if path.endswith("/pause"):
                    await client.post(path.replace("/pause", "/resume"))


def test_every_start_describes_the_same() -> None:
    """What a client keeps of the description changes with the version only."""
    program = textwrap.dedent("""
        import json, relevo
        from relevo_server import create_app
        settings = relevo.Settings.model_validate({"engine": "memory", "plugins": {"enabled": []}})
        print(json.dumps(create_app(settings).openapi_schema.to_schema()))
    """)
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1


async def test_every_example_of_a_body_is_as_its_schema_says(
    make_app: Any, in_process: Any
) -> None:
    schema = await read_schema(in_process, make_app())
    wrong = [
        f"{name}: {fault.message}"
        for name, operation in operations(schema)
        for media in [operation.get("requestBody", {}).get("content", {}).get("application/json")]
        if media
        for body in [{**media["schema"], "components": schema["components"]}]
        for example in media["schema"].get("examples", [])
        for fault in jsonschema_rs.Draft202012Validator(body).iter_errors(example)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "content",
    [
        relevo.ButtonsContent(body="Keep it?", buttons=(relevo.Button(id="keep", title="Keep"),)),
        relevo.ListContent(
            body="Which?",
            button="Look",
            sections=(
                relevo.ListSection(title="Days", rows=(relevo.ListRow(id="mon", title="Monday"),)),
            ),
        ),
        relevo.ContactsContent(
            contacts=(
                relevo.ContactCard(
                    name="Ana", phones=(relevo.ContactNumber(number="+15550100001"),)
                ),
            )
        ),
    ],
    ids=lambda content: str(content.type),
)
async def test_content_of_several_parts_is_as_the_schema_says(
    content: Any, make_app: Any, in_process: Any
) -> None:
    """Each part is of exactly one kind."""
    schema = await read_schema(in_process, make_app())
    whole = {"$ref": "#/components/schemas/SendBody", "components": schema["components"]}
    body = {"to": "15550100001", "content": content.model_dump(mode="json", exclude_none=True)}
    faults = jsonschema_rs.Draft202012Validator(whole).iter_errors(body)
    assert [fault.message for fault in faults] == []


async def test_every_answer_has_an_example(make_app: Any, in_process: Any) -> None:
    """Whoever reads the description sees what comes back, and it is as the schema says."""
    schema = await read_schema(in_process, make_app())
    wrong = [
        f"{name} {status} {example}: {fault.message}"
        for name, operation in operations(schema)
        for status, response in operation["responses"].items()
        for media in [response.get("content", {}).get("application/json", {})]
        for example, shown in media.get("examples", {}).items()
        for fault in jsonschema_rs.Draft202012Validator(
            {**media["schema"], "components": schema["components"]}
        ).iter_errors(shown["value"])
    ]
    assert wrong == []
    bare = [
        f"{name} {status} {kind}"
        for name, operation in operations(schema)
        for status, response in operation["responses"].items()
        for kind, media in response.get("content", {}).items()
        if kind != "*/*" and not media.get("examples")
    ]
    assert bare == []


async def test_a_problems_page_helps_people_and_programs(make_app: Any, in_process: Any) -> None:
    """It says what to do, shows one as it comes, and is JSON for whoever asks for that."""
    async with in_process(make_app()) as client:
        for code, kind in PROBLEMS.items():
            assert code in DETAILS, f"Write a detail of {code}: problem_table/samples.py"
            assert kind.advice not in {"See `detail`.", "Check the id."}, code
            page = await client.get(kind.type, headers={"Accept": "text/html"})
            assert "What to do" in page.text
            assert "As it comes" in page.text
            assert page.headers["vary"] == "Accept"
            for accept in ("application/json", "application/problem+json"):
                answer = await client.get(kind.type, headers={"Accept": accept})
                assert answer.headers["content-type"] == "application/json"
                told = answer.json()
                assert (told["code"], told["status"]) == (code, kind.status)
                assert told["example"]["type"] == kind.type


async def test_the_page_needs_nothing_from_elsewhere(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        answer = await client.get("/schema")
    assert answer.headers["content-type"].startswith("text/html")
    assert "/schema/openapi.json" in answer.text
    assert "__SCHEMA_URL__" not in answer.text
    assert re.findall(r"https?://", answer.text) == []
    assert re.findall(r"\bsrc=|@import|\burl\(", answer.text) == []


@pytest.mark.parametrize("code", PROBLEMS)
async def test_a_problems_type_leads_to_its_page(make_app: Any, in_process: Any, code: str) -> None:
    async with in_process(make_app()) as client:
        answer = await client.get(PROBLEMS[code].type)
        listed = await client.get("/problems")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert code in answer.text
    assert f'href="/problems/{code}"' in listed.text


async def test_a_problem_nobody_knows_has_no_page(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        refused(await client.get("/problems/canary"), 404, "not_found")


def test_every_error_of_the_core_has_a_row_of_its_own() -> None:
    inside = {"relevo_error", "plugin_unavailable", "webhook_malformed", "foreign_item"}
    # What it is about is told on the file, and asked for again.
    inside |= {"media_error", "media_mismatch"}
    # These never reach a route: the CLI raises one, the waiting route turns the other into 202.
    inside |= {"server_unreachable", "still_pending"}
    # The client says these itself, where no answer of a server came.
    inside |= {"answer_lost", "foreign_answer"}
    kinds = [
        kind
        for name in relevo.__all__
        if isinstance(kind := getattr(relevo, name), type) and issubclass(kind, relevo.RelevoError)
    ]
    assert len(kinds) > 20
    missing = {kind.code for kind in kinds} - set(PROBLEMS) - inside
    assert not missing, json.dumps(sorted(missing))
