"""What somebody tries who means harm: each of these once worked, or must never."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

import anyio
import pytest

import relevo
from relevo_server import create_app
from relevo_server.requests.preferences import parse_preferences

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
PERSON = "15550100001"
JSON = {"content-type": "application/json"}
PAGE = {"accept": "application/json"}


def nested(levels: int, begin: str = "[", end: str = "]") -> str:
    return begin * levels + end * levels


@pytest.mark.parametrize("levels", [100, 251, 253, 254, 255])
@pytest.mark.parametrize(
    "body",
    [
        '{{"account": "shop", "to": "15550100001", "text": "x", "extra": {{"a": {deep}}}}}',
        (
            '{{"account": "shop", "to": "15550100001", "content": {{"type": "template", '
            '"name": "n", "language": "en", "components": [{{"a": {deep}}}]}}}}'
        ),
    ],
    ids=["extra", "components"],
)
async def test_deep_json_is_refused_before_it_could_break_the_lists(
    levels: int, body: str, make_app: Any, in_process: Any
) -> None:
    """What is kept is shown in rows and events of its own; none of them may be too deep then."""
    async with in_process(make_app()) as client:
        written = body.format(deep=nested(levels))
        sent = await client.post(f"{API}/messages", content=written, headers=JSON)
        assert sent.status_code == 422, sent.text
        batch = '{"items": [' + written + "]}"
        many = await client.post(f"{API}/messages/batch", content=batch, headers=JSON)
        assert many.status_code == 200, many.text
        assert many.json()["items"][0]["status"] == 422
        for path in ("messages", "events?after=0", "conversations"):
            assert (await client.get(f"{API}/{path}", headers=PAGE)).json()["items"] == [], path


async def test_json_of_as_many_levels_as_are_kept_is_shown(make_app: Any, in_process: Any) -> None:
    """One level is `extra` itself."""
    body = {"account": "shop", "to": PERSON, "text": "x", "extra": {"a": json.loads(nested(99))}}
    async with in_process(make_app()) as client:
        sent = await client.post(f"{API}/messages", json=body)
        assert sent.status_code == 202, sent.text
        for path in ("messages", "events?after=0", f"messages/{sent.json()['id']}"):
            assert (await client.get(f"{API}/{path}", headers=PAGE)).status_code == 200, path


@pytest.mark.parametrize("levels", [101, 252, 300, 700, 950, 100_000])
async def test_a_deep_webhook_is_set_aside_and_the_inbox_still_opens(
    levels: int, make_app: Any, in_process: Any, signed: Any
) -> None:
    deep = '{"from": "15550100001", "text": "x", "z": ' + nested(levels) + "}"
    async with in_process(make_app()) as client:
        for body in (deep.encode(), b'{"from": "15550100001", "text": "good"}'):
            hook = await client.post(f"{API}/webhooks/shop", **signed(body))
            assert hook.status_code == 200
        with anyio.fail_after(30):
            while True:
                inbox = await client.get(f"{API}/inbox")
                assert inbox.status_code == 200, inbox.text
                seen = await client.get(f"{API}/messages")
                if inbox.json()["items"] and seen.json()["items"]:
                    break
                await anyio.sleep(0.01)
        webhook_id = inbox.json()["items"][0]["webhook_id"]
        raw = await client.get(f"{API}/inbox/{webhook_id}")
        assert raw.json()["body"] == deep
        assert (await client.get(f"{API}/events?after=0", headers=PAGE)).status_code == 200


async def test_a_request_held_back_makes_no_key_once_its_own_is_taken_back(
    make_app: Any, over_http: Any, give_key: Any, refused: Any
) -> None:
    """Who lost a key could else come back with the body of a request that began before."""
    app = make_app()
    async with over_http(app) as client:
        lost, other = await give_key(app, name="lost"), await give_key(app)
        begun, go_on = anyio.Event(), anyio.Event()

        async def drip() -> AsyncIterator[bytes]:
            yield b'{"name": "late", '
            begun.set()
            await go_on.wait()
            yield b'"scopes": ["admin"]}'

        async def hold_back() -> None:
            late = await client.post(f"{API}/keys", content=drip(), headers=lost | JSON)
            refused(late, 401, "invalid_key")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hold_back)
            await begun.wait()
            with anyio.fail_after(30):
                # It was let in, as its key's use shows.
                while app.state["relevo_server"].keys._used == {}:
                    await anyio.sleep(0.01)
            key_id = lost["authorization"].split("_")[1]
            gone = await client.delete(f"{API}/keys/{key_id}", headers=other)
            assert gone.status_code == 204
            go_on.set()
        names = [
            one["name"] for one in (await client.get(f"{API}/keys", headers=other)).json()["items"]
        ]
        assert "late" not in names


async def test_a_request_held_back_makes_no_key_once_there_is_a_first(
    make_app: Any, over_http: Any, give_key: Any, refused: Any
) -> None:
    app = make_app()
    async with over_http(app) as client:
        begun, go_on = anyio.Event(), anyio.Event()

        async def drip() -> AsyncIterator[bytes]:
            yield b'{"name": "late", '
            begun.set()
            await go_on.wait()
            yield b'"scopes": ["admin"]}'

        async def hold_back() -> None:
            late = await client.post(f"{API}/keys", content=drip(), headers=JSON)
            refused(late, 401, "missing_key")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hold_back)
            await begun.wait()
            await client.get(f"{API}/messages")
            await give_key(app)
            go_on.set()


@pytest.mark.parametrize("limit", [{"rate": 6_001}, {"expires_at": "2999-01-01T00:00:00Z"}])
async def test_a_limited_key_gives_on_no_more_speed_and_no_longer_life_than_its_own(
    limit: dict[str, Any], make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    app = make_app()
    end = datetime.now(UTC) + timedelta(hours=1)
    async with in_process(app) as client:
        own = await give_key(app, accounts=frozenset({"shop"}), expires_at=end)
        body = {"name": "child", "scopes": ["read"]}
        problem = refused(
            await client.post(f"{API}/keys", json=body | limit, headers=own), 422, "invalid_body"
        )
        assert [one["field"] for one in problem["errors"]] == [*limit]
        made = await client.post(f"{API}/keys", json=body, headers=own)
        assert datetime.fromisoformat(made.json()["expires_at"]) == end


async def test_no_method_reaches_what_a_plugin_mounted_without_a_key(
    make_settings: Any, acme: Any, in_process: Any, give_key: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours answer OPTIONS by themselves; a mounted application may do anything with it."""
    reached: list[str] = []

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        del receive
        reached.append(scope["method"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    mount = relevo.Mount(path="/acme", app=mounted, name="acme")
    monkeypatch.setattr(relevo.Plugins, "mounts", lambda _: [mount])
    app = create_app(make_settings(), providers=[acme])
    async with in_process(app) as client:
        full = await give_key(app)
        for method in ("GET", "HEAD", "OPTIONS", "POST", "TRACE", "WHATEVER"):
            for path in ("/acme", "/acme/x", "//acme/x"):
                answer = await client.request(method, f"http://127.0.0.1:7062{path}")
                assert answer.status_code == 401, (method, path)
        assert reached == []
        assert (await client.request("OPTIONS", "/acme", headers=full)).status_code == 200


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "null", "://", "http://a]b"])
async def test_an_origin_that_is_none_is_a_foreign_one(
    origin: str, make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        headers = await give_key(app) | {"origin": origin}
        refused(await client.get(f"{API}/messages", headers=headers), 403, "foreign_origin")
        file = await client.post(
            f"{API}/media", content=b"x", headers=headers | {"content-type": "image/png"}
        )
        refused(file, 403, "foreign_origin")


@pytest.mark.parametrize("name", ["a\nrelevo.access: forged", "a\x1b[2J", "a\x00", "a\u2028b"])
async def test_a_key_whose_name_would_forge_lines_of_the_log_is_not_made(
    name: str, make_app: Any, in_process: Any, refused: Any
) -> None:
    """Every line of its requests says it."""
    async with in_process(make_app()) as client:
        body = {"name": name, "scopes": ["read"]}
        problem = refused(await client.post(f"{API}/keys", json=body), 422, "invalid_body")
        assert [one["field"] for one in problem["errors"]] == ["name"]


def test_quotes_that_never_end_cost_nothing() -> None:
    began = process_time()
    assert parse_preferences('wait=5, "' + '\\"' * 30_000).wait_s is None
    assert process_time() - began < 1


async def test_the_lab_names_no_providers_to_whoever_shows_no_key(
    make_app: Any, in_process: Any, give_key: Any
) -> None:
    app = make_app()
    page = "/demo/messaging/providers/no/such"
    async with in_process(app) as client:
        assert "acme_sms" in (await client.get(page)).text
        key = await give_key(app)
        stranger = await client.get(page)
        assert stranger.status_code == 404
        assert "acme_sms" not in stranger.text
        assert "acme_sms" in (await client.get(page, headers=key)).text


@pytest.mark.parametrize(
    "filters",
    [
        {"conversation_id": ["x" * 256]},
        {"account": ["x" * 256]},
        {"type": ["messaging.status"] * 101},
    ],
)
async def test_a_ticket_is_no_place_to_keep_things(
    filters: dict[str, Any], make_app: Any, in_process: Any, refused: Any
) -> None:
    """Whoever may only follow events could else fill the disk."""
    async with in_process(make_app()) as client:
        answer = await client.post(f"{API}/events/tickets", json=filters)
        refused(answer, 422, "invalid_body")
