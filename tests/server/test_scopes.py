"""Every route says whom it is for: without a key nobody, with a key only what its scopes allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar import get
from litestar.handlers import HTTPRouteHandler

import relevo
from relevo_server import create_app
from relevo_server.access.scopes import declared

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
OPEN_TO_ALL = {
    "GET /health/live",
    "GET /health/ready",
    f"GET {API}/health/live",
    f"GET {API}/health/ready",
    # These prove themselves by their signature.
    f"GET {API}/webhooks/{{account}}",
    f"POST {API}/webhooks/{{account}}",
}
SEND = {
    f"POST {API}/messages",
    f"POST {API}/messages/batch",
    f"POST {API}/messages/plan",
    f"POST {API}/messages/{{message_id}}/cancel",
    f"POST {API}/messages/{{message_id}}/retry",
    f"POST {API}/messages/{{message_id}}/read",
    f"POST {API}/messages/{{message_id}}/typing",
    f"POST {API}/conversations/{{conversation_id}}/block",
    f"POST {API}/conversations/{{conversation_id}}/unblock",
    f"POST {API}/media",
    "POST /api/demo/messaging/{family}/{product}/send",
}
EVENTS = {f"GET {API}/events", f"POST {API}/events", f"POST {API}/events/tickets"}
READ = {
    f"GET {API}/messages",
    f"GET {API}/messages/{{message_id}}",
    f"GET {API}/conversations",
    f"GET {API}/conversations/{{conversation_id}}",
    f"GET {API}/accounts",
    f"GET {API}/accounts/{{name}}/health",
    f"GET {API}/accounts/{{account}}/templates",
    f"GET {API}/providers",
    f"GET {API}/media/{{media_id}}",
    f"GET {API}/sandbox",
}
ID = "019a2c5e-7d1f-7c3a-9b51-0f6f3a1c2d4e"
PLACES = {
    "message_id": ID,
    "conversation_id": ID,
    "media_id": ID,
    "webhook_id": "1",
    "key_id": "aaaaaaaaaaaa",
    "family": "acme",
    "product": "sms",
    "name": "shop",
    "account": "shop",
}


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in schema["paths"].items():
        for method in {"get", "post", "put", "patch", "delete"} & set(item):
            yield f"{method.upper()} {path}", item[method]


def scope_of(route: str) -> relevo.Scope:
    """What is no sending, reading or following looks after the installation."""
    chosen = {relevo.Scope.SEND: SEND, relevo.Scope.READ: READ, relevo.Scope.EVENTS: EVENTS}
    return next((one for one, routes in chosen.items() if route in routes), relevo.Scope.ADMIN)


async def ask(client: httpx.AsyncClient, route: str, headers: dict[str, str]) -> httpx.Response:
    """Ask as far as the handler: with nothing a handler could do harm with."""
    method, path = route.split()
    body: dict[str, Any] = {"json": {}} if method == "POST" else {}
    accept = {"accept": "application/json"}
    return await client.request(method, path.format(**PLACES), headers=headers | accept, **body)


async def test_every_route_demands_its_scope_and_says_so(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        schema = (await client.get("/schema/openapi.json")).json()
        scheme = schema["components"]["securitySchemes"]["key"]
        assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
        only = {scope: await give_key(app, scope) for scope in relevo.Scope}
        without = {
            scope: await give_key(app, *(one for one in relevo.Scope if one is not scope))
            for scope in relevo.Scope
        }
        found = dict(operations(schema))
        assert set(found) >= SEND | READ | EVENTS | OPEN_TO_ALL
        for route, described in found.items():
            if route in OPEN_TO_ALL:
                assert "security" not in described, route
                answer = await ask(client, route, {})
                code = answer.json().get("code") if answer.is_error else None
                assert code not in {"missing_key", "invalid_key", "missing_scope"}, route
                continue
            scope = scope_of(route)
            assert {"key": [scope.value]} in described["security"], route
            assert {"401", "403", "429"} <= set(described["responses"]), route
            none = await ask(client, route, {})
            refused(none, 401, "missing_key")
            less = await ask(client, route, without[scope])
            problem = refused(less, 403, "missing_scope")
            assert f"'{scope}'" in problem["detail"], route
            assert f'scope="{scope}"' in less.headers["www-authenticate"], route
            enough = await ask(client, route, only[scope])
            assert enough.status_code not in {401, 403}, (route, enough.text)


def test_every_handler_says_which_scope_it_demands(make_app: Any) -> None:
    """Also those that no description has: the Lab's pages, problem pages, mounts."""
    undeclared = {
        route.path
        for route in make_app().routes
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]
        if "scope" not in handler.opt
        and not (isinstance(handler, HTTPRouteHandler) and handler.http_methods == {"OPTIONS"})
    }
    # The description of the API is no secret: the package has it.
    assert {path for path in undeclared if not path.startswith("/schema")} == set()
    assert undeclared


def test_a_handler_that_does_not_say_stops_the_start() -> None:
    @get("/nothing-said")
    async def forgetful() -> None:
        return None

    with pytest.raises(relevo.ConfigurationError, match="scope"):
        list(declared([forgetful]))


async def test_pages_of_the_lab_are_open_and_what_they_ask_is_not(
    make_app: Any, in_process: Any, give_key: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        await give_key(app)
        page = "/demo/messaging/providers/acme/sms"
        assert (await client.get(page)).status_code == 200
        assert (await client.get("/demo/messaging/lab/index.html")).status_code == 200
        assert (await client.get("/problems/missing_key")).status_code == 200
        assert (await client.get(f"{API}/accounts")).status_code == 401


async def test_what_a_plugin_mounts_demands_admin(
    make_settings: Any, acme: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"mounted"})

    class WithMount(relevo.Plugins):
        def mounts(self) -> list[relevo.Mount]:
            return [relevo.Mount("/toy", mounted, "toy")]

    app = create_app(make_settings(), plugins=WithMount([], []), providers=[acme])
    async with in_process(app) as client:
        assert (await client.get("/toy")).text == "mounted"
        reader = await give_key(app, relevo.Scope.READ)
        refused(await client.get("/toy"), 401, "missing_key")
        refused(await client.get("/toy", headers=reader), 403, "missing_scope")
        admin = await give_key(app, relevo.Scope.ADMIN)
        assert (await client.get("/toy/", headers=admin)).text == "mounted"
