from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest

import relevo
from relevo_server import create_app

pytestmark = pytest.mark.anyio

HOOK = "/api/v1/messaging/webhooks/shop"
EVENTS = "/api/v1/messaging/events"
SECRET = "acme-webhook-secret"


async def events(client: httpx.AsyncClient, kind: str) -> list[dict[str, Any]]:
    answer = await client.get(f"{EVENTS}?type={kind}", headers={"accept": "application/json"})
    return list(answer.json()["items"])


async def wait_for(client: httpx.AsyncClient, kind: str) -> dict[str, Any]:
    with anyio.fail_after(30):
        while not (found := await events(client, kind)):
            await anyio.sleep(0.01)
    return found[0]


async def test_a_handshake_is_answered_with_the_challenge(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        answer = await client.get(HOOK, params={"token": SECRET, "challenge": "1158201444"})
    assert answer.status_code == 200
    assert answer.content == b"1158201444"
    assert answer.headers.get_list("content-type") == ["text/plain; charset=utf-8"]


async def test_the_provider_gets_the_raw_bytes_and_every_header(
    make_settings: Any, acme: Any, in_process: Any
) -> None:
    seen: list[relevo.WebhookRequest] = []

    class Curious(acme):  # type: ignore[misc]
        def verify_webhook(self, request: relevo.WebhookRequest) -> None:
            seen.append(request)

    body = b' {"from" :"15550100001",\r\n "text":"\\u00e9\xc3\xa9"}  '
    headers = [
        (b"X-Twice", b"one"),
        (b"X-Twice", b"two"),
        (b"X-Latin", b"caf\xe9"),
        (b"Content-Type", b"application/x-anything"),
    ]
    async with in_process(create_app(make_settings(), providers=[Curious])) as client:
        answer = await client.post(f"{HOOK}?a=1&a=2&b=%C3%A9", content=body, headers=headers)
        assert answer.status_code == 200
        await wait_for(client, "messaging.inbound")
    request = seen[0]
    assert request.body == body
    assert (request.method, request.path) == ("POST", HOOK)
    assert request.headers["x-twice"] == "one, two"
    assert request.headers["x-latin"] == "caf\xe9"
    assert request.query == {"a": "1", "b": "é"}


async def test_a_webhook_that_is_no_json_is_kept_and_set_aside(
    make_app: Any, in_process: Any, signed: Any
) -> None:
    async with in_process(make_app()) as client:
        assert (await client.post(HOOK, **signed(b"no json \xff"))).status_code == 200
        told = await wait_for(client, "messaging.webhook")
        assert told["data"]["account"] == "shop"
        good = signed({"from": "15550100001", "text": "buenas"})
        assert (await client.post(HOOK, **good)).status_code == 200
        await wait_for(client, "messaging.inbound")


async def test_a_rejected_webhook_leaves_nothing_behind(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        await client.post(HOOK, content=b"{}", headers={"x-acme-signature": "no"})
        ready = (await client.get("/health/ready")).json()
        assert await events(client, "messaging.webhook") == []
    assert ready["engine"]["pending_webhooks"] == 0
    assert ready["engine"]["head"] == 0


async def test_while_the_store_is_away_a_webhook_is_asked_for_again(
    make_app: Any, in_process: Any, signed: Any, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        msg = "The store cannot be written."
        raise relevo.EngineUnavailable(msg)

    async with in_process(make_app()) as client:
        hook = signed({"from": "15550100001", "text": "buenas"})
        with monkeypatch.context() as patch:
            patch.setattr("relevo.engines.memory.MemoryEngine.keep_webhook", refuse)
            answer = await client.post(HOOK, **hook)
        refused(answer, 503, "engine_unavailable")
        assert answer.headers["retry-after"] == "5"
        assert (await client.post(HOOK, **hook)).status_code == 200


async def test_a_provider_without_webhooks_says_so(
    make_settings: Any, acme: Any, in_process: Any, refused: Any
) -> None:
    class Deaf(acme):  # type: ignore[misc]
        verify_webhook = relevo.Provider.verify_webhook
        webhook_challenge = relevo.Provider.webhook_challenge

    async with in_process(create_app(make_settings(), providers=[Deaf])) as client:
        refused(await client.get(HOOK), 404, "not_supported")
        refused(await client.post(HOOK, content=b"{}"), 404, "not_supported")


async def test_a_provider_that_breaks_while_verifying_is_a_mistake_of_ours(
    make_settings: Any, acme: Any, in_process: Any, refused: Any
) -> None:
    class Broken(acme):  # type: ignore[misc]
        def verify_webhook(self, request: relevo.WebhookRequest) -> None:
            raise KeyError(request.body)

    async with in_process(create_app(make_settings(), providers=[Broken])) as client:
        refused(await client.post(HOOK, content=b"{}"), 500, "internal_error")
        assert (await client.get("/health/live")).status_code == 200


async def test_what_we_wrote_ourselves_is_no_message_of_a_person_in_the_list(
    make_app: Any, in_process: Any, signed: Any
) -> None:
    """An echo says so in its row, as in its event."""
    async with in_process(make_app()) as client:
        await client.post(HOOK, **signed({"from": "15550100001", "text": "hola"}))
        await client.post(HOOK, **signed({"from": "15550100001", "text": "si", "echo": True}))
        with anyio.fail_after(30):
            while len(await events(client, "messaging.inbound")) < 2:
                await anyio.sleep(0.01)
        echo, theirs = (await client.get("/api/v1/messaging/messages")).json()["items"]
    assert (echo["live"], echo["from_us"]) == (False, True)
    assert theirs["live"] is True
    assert "from_us" not in theirs
