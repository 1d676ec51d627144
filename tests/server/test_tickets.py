"""Tickets: an EventSource follows by its address, for a while, and sees no more than its key."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

import relevo
from relevo.keys import make_ticket, parse_key_id
from relevo.redaction import hide_keys
from relevo_server.commands.listening import open_socket, url_of

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
TICKETS = f"{API}/events/tickets"
PAGE = {"accept": "application/json"}
BODY = {"to": "15550100001", "text": "hola"}


async def test_a_ticket_follows_without_any_header_as_often_as_it_likes(
    make_app: Any, over_http: Any, give_key: Any
) -> None:
    app = make_app()
    async with over_http(app) as client:
        key = await give_key(app)
        made = await client.post(TICKETS, json={"ttl_s": 60}, headers=key)
        assert made.status_code == 201
        assert made.headers["cache-control"] == "no-store"
        row = made.json()
        assert row["url"] == f"{API}/events?ticket={row['ticket']}"
        left = datetime.fromisoformat(row["expires_at"]) - datetime.now(UTC)
        assert timedelta(seconds=50) < left <= timedelta(seconds=60)
        last = "0"
        for _ in range(2):
            sent = await client.post(f"{API}/messages", json=BODY, headers=key)
            # As an EventSource that reconnects: the same address, the last id it saw.
            resume = {"last-event-id": last}
            with anyio.fail_after(30):
                async with client.stream("GET", row["url"], headers=resume) as stream:
                    assert stream.status_code == 200
                    async for line in stream.aiter_lines():
                        last = line.removeprefix("id: ") if line.startswith("id: ") else last
                        if sent.json()["id"] in line:
                            break


async def test_a_ticket_is_bound_to_its_filters(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        key = await give_key(app)
        wait = key | {"prefer": "wait=5"}
        ids = [
            (await client.post(f"{API}/messages", json=BODY, headers=wait)).json()["id"]
            for _ in range(2)
        ]
        thread = (await client.get(f"{API}/conversations", headers=key)).json()["items"][0]["id"]
        for filters, expected in (
            ({"message_id": [ids[0]]}, {ids[0]}),
            ({"type": ["messaging.inbound"]}, set()),
            ({"account": ["shop"], "conversation_id": [thread]}, set(ids)),
            ({}, set(ids)),
        ):
            url = (await client.post(TICKETS, json=filters, headers=key)).json()["url"]
            items = (await client.get(url, headers=PAGE)).json()["items"]
            assert {one["subject"] for one in items} == expected, filters
            wider = await client.get(f"{url}&type=messaging.outbound", headers=PAGE)
            refused(wider, 400, "invalid_parameter")


async def test_a_ticket_that_is_over_or_made_up_opens_nothing(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        key = await give_key(app)
        key_id = parse_key_id(key["authorization"].removeprefix("Bearer "))
        past = datetime.now(UTC) - timedelta(seconds=61)
        engine = app.state["relevo_server"].engine
        secret, over = make_ticket(engine.seal, now=past, life_s=60, key_id=key_id)
        await engine.add_ticket(over)
        for shown in (secret.get_secret_value(), "rlt_" + "x" * 43, "", "ñ"):
            answer = await client.get(f"{API}/events", params={"ticket": shown}, headers=PAGE)
            refused(answer, 401, "invalid_ticket")
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_ticket_ends_with_its_key(
    make_app: Any, over_http: Any, give_key: Any, refused: Any
) -> None:
    app = make_app()
    async with over_http(app) as client:
        key, other = await give_key(app), await give_key(app)
        key_id = parse_key_id(key["authorization"].removeprefix("Bearer "))
        url = (await client.post(TICKETS, json={}, headers=key)).json()["url"]
        with anyio.fail_after(30):
            async with client.stream("GET", url) as stream:
                chunks = stream.aiter_raw()
                assert await anext(chunks)
                await client.delete(f"{API}/keys/{key_id}", headers=other)
                refused(await client.get(url, headers=PAGE), 401, "invalid_ticket")
                async for _ in chunks:
                    pass


async def test_a_ticket_opens_the_event_stream_and_nothing_else(
    make_app: Any, in_process: Any, give_key: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        key = await give_key(app)
        ticket = (await client.post(TICKETS, json={}, headers=key)).json()["ticket"]
        schema = (await client.get("/schema/openapi.json")).json()
        reading = [path for path, item in schema["paths"].items() if "get" in item]
        for path in reading:
            asked = path.replace("{", "").replace("}", "")
            answer = await client.get(f"{asked}?ticket={ticket}", headers=PAGE)
            if path == f"{API}/events":
                assert answer.status_code == 200
            elif "health" not in path and "webhooks" not in path:
                assert answer.json()["code"] == "missing_key", path
        as_key = await client.get(f"{API}/events", headers={"authorization": f"Bearer {ticket}"})
        assert as_key.status_code == 401
        run = await client.post(f"{API}/events?ticket={ticket}", json={})
        assert run.status_code == 401


async def test_a_ticket_of_an_open_server_ends_with_the_first_key(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        url = (await client.post(TICKETS, json={})).json()["url"]
        assert (await client.get(url, headers=PAGE)).status_code == 200
        refused(await client.get(f"{API}/events?ticket=rlt_x", headers=PAGE), 401, "invalid_ticket")
        await give_key(app)
        refused(await client.get(url, headers=PAGE), 401, "invalid_ticket")


@pytest.mark.parametrize(
    "body",
    [
        {"ttl_s": 9},
        {"ttl_s": 3_601},
        {"type": ["messaging.nonsense"]},
        {"message_id": ["none"]},
        {"after": "0"},
    ],
)
async def test_a_ticket_that_makes_no_sense_is_refused(
    make_app: Any, in_process: Any, refused: Any, body: Any
) -> None:
    async with in_process(make_app()) as client:
        refused(await client.post(TICKETS, json=body), 422, "invalid_body")


async def test_no_ticket_reaches_uvicorns_log_of_requests(
    make_app: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever runs the application; `relevo serve` writes no such log."""
    app = make_app()
    with caplog.at_level(logging.INFO, "uvicorn.access"), open_socket("127.0.0.1", 0) as listener:
        config = uvicorn.Config(app, lifespan="on", log_config=None, ws="none")
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        url = url_of(listener)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server._serve, [listener])
            with anyio.fail_after(30):
                while not server.started:
                    await anyio.sleep(0.01)
            async with httpx.AsyncClient(base_url=url) as client:
                made = (await client.post(TICKETS, json={})).json()
                answer = await client.get(made["url"], headers=PAGE)
                assert answer.status_code == 200
                await client.get(f"{API}/events?ticket=made-up", headers=PAGE)
            server.should_exit = True
    # The client of this test may log what it asks for: that is its own affair.
    lines = [one.getMessage() for one in caplog.records if not one.name.startswith("httpx")]
    assert any("ticket=***" in line for line in lines)
    assert not any(made["ticket"] in line or "made-up" in line for line in lines)


def test_what_opens_the_api_is_hidden_in_any_text() -> None:
    key = "rlv_abcdefghij23_" + "Sec-ret_" * 5
    assert hide_keys(f"Bearer {key}.") == "Bearer rlv_abcdefghij23_***."
    assert hide_keys("GET /e?ticket=rlt_abc-DEF_1&after=0 HTTP") == "GET /e?ticket=***&after=0 HTTP"
    assert hide_keys("/e?after=0&ticket=any%20thing") == "/e?after=0&ticket=***"
    assert hide_keys("a rlt_abc in words") == "a *** in words"
    assert hide_keys("/e?tickets=3&rlv=1") == "/e?tickets=3&rlv=1"


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_no_key_or_ticket_survives_in_any_surroundings(before: str, after: str) -> None:
    secret, _ = make_ticket(SecretStr("seal"), now=datetime.now(UTC), life_s=60)
    ticket = secret.get_secret_value()
    assert ticket not in hide_keys(f"{before} {ticket} {after}")
    assert ticket not in hide_keys(f"{before}?ticket={ticket}&{after}")


async def test_a_key_without_events_makes_no_ticket(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        others = [one for one in relevo.Scope if one is not relevo.Scope.EVENTS]
        key = await give_key(app, *others)
        refused(await client.post(TICKETS, json={}, headers=key), 403, "missing_scope")


async def test_a_ticket_takes_short_types_as_the_stream_does(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        made = await client.post(TICKETS, json={"type": ["status", "messaging.inbound"]})
        assert made.status_code == 201
        refused(await client.post(TICKETS, json={"type": ["nothing"]}), 422, "invalid_body")
        few = await client.post(TICKETS, json={"ttl_s": 1})
        assert few.json()["errors"] == [{"field": "ttl_s", "reason": "has to be 10 or more"}]
