"""Without keys the API is for this machine, and for pages that were listed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.exceptions import NotAuthorizedException

from relevo_server import RelevoPlugin

pytestmark = pytest.mark.anyio

MESSAGES = "/api/v1/messaging/messages"
HOOK = "/api/v1/messaging/webhooks/shop"
GOOD = {"to": "15550100001", "text": "hola"}
DEMO_PAGE = "http://localhost:3062"


@pytest.mark.parametrize(
    ("host", "welcome"),
    [
        ("127.0.0.1:7062", True),
        ("localhost", True),
        ("LOCALHOST.:7062", True),
        ("relevo.localhost:7062", True),
        ("[::1]:7062", True),
        ("127.8.8.8", True),
        ("example.com", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("192.168.1.7:7062", False),
        ("0.0.0.0:7062", False),
        ("[::1", False),
    ],
)
async def test_only_a_loopback_host_is_answered(
    make_app: Any, in_process: Any, refused: Any, host: str, *, welcome: bool
) -> None:
    async with in_process(make_app()) as client:
        for path in (MESSAGES, "/health/ready", "/api/v1/messaging/health/ready"):
            answer = await client.get(path, headers={"host": host})
            if welcome:
                assert answer.status_code == 200, host
            elif host == "[::1":
                # Litestar itself refuses what is no host at all.
                assert answer.status_code in {400, 403}
            else:
                refused(answer, 403, "foreign_host")


@pytest.mark.parametrize(
    ("peer", "welcome"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("203.0.113.9", False),
        ("2001:db8::1", False),
    ],
)
async def test_only_a_peer_on_this_machine_is_answered(
    make_app: Any, peer: str, *, welcome: bool
) -> None:
    app = make_app()
    transport = httpx.ASGITransport(app=app, client=(peer, 4242))
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        assert (await client.get(MESSAGES)).is_success is welcome
        # Webhooks come through tunnels and prove themselves by their signature.
        assert (await client.post(HOOK, content=b"{}")).status_code == 401


@pytest.mark.parametrize(
    ("headers", "welcome"),
    [
        ({"x-forwarded-for": "127.0.0.1"}, True),
        ({"x-forwarded-for": "::1, ::ffff:127.0.0.1", "x-forwarded-host": "localhost:3062"}, True),
        ({"x-forwarded-for": "203.0.113.9"}, False),
        ({"x-forwarded-for": "127.0.0.1, 203.0.113.9"}, False),
        ({"x-forwarded-for": "unknown"}, False),
        ({"x-real-ip": "2001:db8::1"}, False),
        ({"x-forwarded-host": "messages.example"}, False),
        ({"forwarded": "for=203.0.113.9;host=messages.example"}, False),
    ],
)
async def test_proxy_on_this_machine_lets_nobody_in_by_rewriting_the_host(
    make_app: Any,
    in_process: Any,
    refused: Any,
    give_key: Any,
    headers: dict[str, str],
    *,
    welcome: bool,
) -> None:
    """As nginx does unasked. Once there are keys, they alone decide."""
    app = make_app()
    async with in_process(app) as client:
        answer = await client.get(MESSAGES, headers=headers)
        if welcome:
            assert answer.status_code == 200
        else:
            assert "a proxy" in refused(answer, 403, "foreign_host")["detail"]
        # Webhooks come through tunnels and prove themselves by their signature.
        assert (await client.post(HOOK, content=b"{}", headers=headers)).status_code == 401
        key = await give_key(app)
        assert (await client.get(MESSAGES, headers=headers | key)).status_code == 200


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        ("http://127.0.0.1:7062", True),
        (DEMO_PAGE, True),
        ("http://localhost:3063", False),
        ("http://example.com", False),
        ("https://127.0.0.1:7062", False),
        ("null", False),
    ],
)
async def test_only_listed_pages_may_use_it(
    make_app: Any, in_process: Any, refused: Any, origin: str, *, welcome: bool
) -> None:
    async with in_process(make_app(server={"cors_origins": [DEMO_PAGE]})) as client:
        for answer in (
            await client.get(MESSAGES, headers={"origin": origin}),
            await client.post(MESSAGES, json=GOOD, headers={"origin": origin}),
        ):
            if welcome:
                assert answer.is_success
            else:
                refused(answer, 403, "foreign_origin")
        assert len((await client.get(MESSAGES)).json()["items"]) == welcome


async def test_a_listed_page_may_read_answers_and_problems(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app(server={"cors_origins": [DEMO_PAGE]})) as client:
        page = {"origin": DEMO_PAGE}
        sent = await client.post(MESSAGES, json=GOOD, headers=page)
        missing = await client.get(f"{MESSAGES}/none", headers=page)
        own = await client.get(MESSAGES)
    for answer in (sent, missing):
        assert answer.headers["access-control-allow-origin"] == DEMO_PAGE
        exposed = answer.headers["access-control-expose-headers"]
        assert {"Location", "ETag", "X-Request-ID"} <= set(exposed.split(", "))
        assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-origin" not in own.headers


async def test_a_preflight_is_answered_for_listed_pages_only(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app(server={"cors_origins": [DEMO_PAGE]})) as client:
        asks = {"access-control-request-method": "POST", "origin": DEMO_PAGE}
        answer = await client.options(MESSAGES, headers=asks)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == DEMO_PAGE
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert "Content-Type" in answer.headers["access-control-allow-headers"]
        asks["origin"] = "http://example.com"
        refused(await client.options(MESSAGES, headers=asks), 403, "foreign_origin")


async def test_webhooks_come_in_under_any_name(make_app: Any, in_process: Any, signed: Any) -> None:
    async with in_process(make_app()) as client:
        hook = signed({"from": "15550100001", "text": "buenas"})
        hook["headers"] |= {"host": "tunnel.example.com", "origin": "http://example.com"}
        assert (await client.post(HOOK, **hook)).status_code == 200


async def test_guards_of_the_application_take_the_place_of_the_loopback_rule(
    make_settings: Any, acme: Any, in_process: Any, refused: Any
) -> None:
    def require_badge(connection: Any, _handler: Any) -> None:
        if connection.headers.get("x-badge") != "yes":
            raise NotAuthorizedException(detail="Show your badge.")

    plugin = RelevoPlugin(make_settings(), providers=[acme], guards=[require_badge])
    async with in_process(Litestar(plugins=[plugin], logging_config=None)) as client:
        away = {"host": "relevo.example.com"}
        problem = refused(await client.get(MESSAGES, headers=away), 401, "unauthorized")
        assert problem["detail"] == "Show your badge."
        answer = await client.get(MESSAGES, headers=away | {"x-badge": "yes"})
        assert answer.status_code == 200
