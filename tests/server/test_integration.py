"""Relevo inside somebody's Litestar application."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from litestar import Litestar, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

import relevo
from relevo.plugins import PluginFault, PluginRow, PluginState
from relevo_server import RelevoPlugin, create_app
from relevo_server.fresh import Fresh

pytestmark = pytest.mark.anyio

MESSAGES = "/api/v1/messaging/messages"
GOOD = {"to": "15550100001", "text": "hola"}


@get("/orders/{number:int}")
async def show_order(number: FromPath[int]) -> dict[str, int]:
    if number == 0:
        raise NotFoundException(detail="no such order")
    return {"order": number}


@post("/orders/{number:int}/tell")
async def tell_customer(
    number: FromPath[int], dispatcher: NamedDependency[relevo.Dispatcher]
) -> dict[str, str]:
    message = relevo.Message(to="15550100001", text=f"Order {number} is ready.")
    return {"told": str(await dispatcher.submit(message))}


def answer_plainly(_: Request[Any, Any, Any], error: Exception) -> Response[dict[str, str]]:
    return Response({"ours": str(getattr(error, "detail", "?"))}, status_code=418)


@pytest.fixture
def make_host(make_settings: Any, acme: Any) -> Any:
    def make(**options: Any) -> Litestar:
        return Litestar(
            route_handlers=[show_order, tell_customer],
            plugins=[RelevoPlugin(make_settings(), providers=[acme], **options)],
            exception_handlers={NotFoundException: answer_plainly},
            logging_config=None,
        )

    return make


async def test_the_dispatcher_is_injected_and_the_api_is_there(
    make_host: Any, in_process: Any
) -> None:
    async with in_process(make_host()) as client:
        told = (await client.post("/orders/7/tell")).json()["told"]
        row = (await client.get(f"{MESSAGES}/{told}")).json()
        assert row["content"]["body"] == "Order 7 is ready."
        assert (await client.get("/api/v1/messaging/health/ready")).status_code == 200


async def test_the_applications_own_routes_and_errors_stay_as_they_were(
    make_host: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_host()) as client:
        assert (await client.get("/orders/7")).json() == {"order": 7}
        for path, detail in (("/orders/0", "no such order"), ("/nowhere", "Not Found")):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()) == (418, {"ours": detail})
        # A host name of the application's own is its own affair.
        assert (await client.get("/orders/7", headers={"host": "shop.example"})).is_success
        # What the application handles for itself is not handled for Relevo's routes.
        refused(await client.get(f"{MESSAGES}/none"), 404, "unknown_message")
        refused(await client.post(MESSAGES, json={"to": 1}), 422, "invalid_body")
        refused(await client.get(MESSAGES, headers={"host": "shop.example"}), 403, "foreign_host")


async def test_nothing_takes_the_applications_root(make_host: Any, in_process: Any) -> None:
    async with in_process(make_host()) as client:
        for path in ("/health/live", "/api/demo/messaging/acme/sms/send"):
            assert (await client.get(path)).status_code == 418
        # But the pages that problems lead to are there.
        assert (await client.get("/problems/unknown_message")).status_code == 200


@pytest.mark.parametrize("in_schema", [True, False])
async def test_the_applications_description_has_the_routes_if_it_wants(
    make_host: Any, in_process: Any, *, in_schema: bool
) -> None:
    async with in_process(make_host(in_schema=in_schema)) as client:
        paths = (await client.get("/schema/openapi.json")).json()["paths"]
    assert "/orders/{number}" in paths
    assert (MESSAGES in paths) is in_schema


async def test_the_path_can_be_chosen(make_host: Any, in_process: Any) -> None:
    async with in_process(make_host(path="/relevo")) as client:
        answer = await client.post("/relevo/messages", json=GOOD)
        assert answer.status_code == 202
        assert answer.headers["location"].startswith("/relevo/messages/")
        assert (await client.get(answer.headers["location"])).status_code == 200


async def test_a_runtime_that_was_given_stays_open(
    make_settings: Any, acme: Any, in_process: Any
) -> None:
    async with relevo.open_runtime(make_settings(), providers=[acme]) as runtime:
        for _ in range(2):
            async with in_process(create_app(runtime=runtime)) as client:
                answer = await client.post(MESSAGES, json=GOOD, headers={"Prefer": "wait=5"})
                assert answer.status_code == 200
        pulse = await runtime.engine.pulse()
    assert pulse.head == 6


async def test_before_the_start_and_after_the_stop_requests_are_told_to_wait(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        app.state["relevo_server"].end()
        answer = await client.get(MESSAGES)
        refused(answer, 503, "engine_unavailable")
        assert answer.headers["retry-after"]


def test_settings_and_a_runtime_together_are_refused(make_settings: Any) -> None:
    with pytest.raises(relevo.ConfigurationError, match="not both"):
        RelevoPlugin(make_settings(), runtime=object())  # type: ignore[arg-type]


def test_a_dependency_of_the_same_name_is_refused(make_settings: Any) -> None:
    own = {"dispatcher": Provide(lambda: 1, sync_to_thread=False)}
    with pytest.raises(relevo.ConfigurationError, match="dispatcher"):
        Litestar(plugins=[RelevoPlugin(make_settings())], dependencies=own)


class FixedPlugins(relevo.Plugins):
    """Plugins as if one were broken and another mounted an application."""

    def __init__(self, mounts: list[relevo.Mount]) -> None:
        row = PluginRow(
            name="broken_sms",
            state=PluginState.FAILED,
            distribution="broken-sms",
            version="0.3",
            code=PluginFault.IMPORT_FAILED,
            error="importing it raised SystemExit: 2. Upgrade, repair or disable it.",
            traceback="SystemExit: 2",
        )
        super().__init__([], [row])
        self._fixed = mounts

    def mounts(self) -> list[relevo.Mount]:
        return self._fixed


async def test_a_broken_plugin_is_shown_and_stops_nothing(
    make_settings: Any, acme: Any, in_process: Any, give_key: Any
) -> None:
    """Keys that are limited to accounts see the providers of those, and nothing else."""
    app = create_app(make_settings(), plugins=FixedPlugins([]), providers=[acme])
    async with in_process(app) as client:
        providers = (await client.get("/api/v1/messaging/providers")).json()["items"]
        ready = await client.get("/health/ready")
        sent = await client.post(MESSAGES, json=GOOD, headers={"Prefer": "wait=5"})
        key = await give_key(app, accounts=["shop"])
        limited = (await client.get("/api/v1/messaging/providers", headers=key)).json()["items"]
        key = await give_key(app, accounts=["closed"])
        no_account = (await client.get("/api/v1/messaging/providers", headers=key)).json()["items"]
    assert limited == [providers[1]]
    assert no_account == []
    assert providers == [
        {
            "name": "broken_sms",
            "state": "failed",
            "capabilities": [],
            "distribution": "broken-sms",
            "version": "0.3",
            "code": "import_failed",
            "error": "importing it raised SystemExit: 2. Upgrade, repair or disable it.",
        },
        {"name": "acme_sms", "state": "loaded", "capabilities": ["inbound", "statuses", "text"]},
    ]
    assert ready.status_code == 200
    assert any("broken_sms" in warning for warning in ready.json()["warnings"])
    assert sent.status_code == 200


async def test_accounts_are_listed_without_their_settings(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        answer = await client.get("/api/v1/messaging/accounts")
    assert answer.json()["items"] == [
        {
            "name": "shop",
            "provider": "acme_sms",
            "capabilities": ["inbound", "statuses", "text"],
            "default": True,
            "state": "active",
            "limits": {},
            "on_unknown": "hold",
        }
    ]
    assert "secret" not in answer.text


async def test_what_a_plugin_mounts_is_served_below_its_path_and_guarded(
    make_settings: Any, acme: Any, in_process: Any, refused: Any
) -> None:
    seen: list[tuple[str, str]] = []

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        del receive
        seen.append((scope["root_path"], scope["path"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"mounted"})

    mounts = [relevo.Mount("/toy", mounted, "toy")]
    app = create_app(make_settings(), plugins=FixedPlugins(mounts), providers=[acme])
    async with in_process(app) as client:
        for path in ("/toy", "/toy/", "/toy/a/b"):
            assert (await client.get(path)).text == "mounted"
        refused(await client.get("/toy", headers={"host": "example.com"}), 403, "foreign_host")
    assert seen == [("/toy", "/"), ("/toy", "/"), ("/toy", "/a/b")]


async def test_a_store_that_does_not_answer_is_not_ready(
    make_app: Any, in_process: Any, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relevo_server.routes.health._PULSE_LIMIT_S", 0.05)

    async def hang(*_: object) -> None:
        await anyio.sleep_forever()

    async def refuse(*_: object) -> None:
        msg = "The disk is gone."
        raise relevo.EngineUnavailable(msg)

    for broken, reason in ((hang, "did not answer"), (refuse, "The disk is gone.")):
        async with in_process(make_app()) as client:
            with monkeypatch.context() as patch:
                patch.setattr("relevo.engines.memory.MemoryEngine.pulse", broken)
                problem = refused(await client.get("/health/ready"), 503, "engine_unavailable")
            assert reason in problem["reasons"][0]
            assert (await client.get("/health/live")).json() == {"status": "live"}
            assert (await client.get("/health/ready")).status_code == 200


async def test_event_handlers_work_beside_the_api_and_health_tells_how_far_they_are(
    make_settings: Any, acme: Any, in_process: Any
) -> None:
    """One that fails is a warning, with its error's class and never its words."""
    handled = anyio.Event()

    async def note(event: relevo.Event) -> None:
        if event.data["status"] == "accepted":
            handled.set()

    async def fail(_: relevo.Event) -> None:
        msg = "canary"
        raise LookupError(msg)

    handlers = [
        relevo.EventHandler(name="crm", handle=note),
        relevo.EventHandler(name="search", handle=fail),
    ]
    app = create_app(make_settings(), providers=[acme], handlers=handlers)
    async with in_process(app) as client:
        await client.post(MESSAGES, json=GOOD, headers={"Prefer": "wait=5"})
        with anyio.fail_after(30):
            await handled.wait()
            ready = (await client.get("/health/ready")).json()
            while not ready["warnings"]:
                await anyio.sleep(0.02)
                ready = (await client.get("/health/ready")).json()
    crm, search = ready["handlers"]
    assert (crm["name"], crm["failures"], search["position"]) == ("crm", 0, 0)
    assert (search["error"], search["failures"] > 0, search["behind"]) == ("LookupError", True, 3)
    (warning,) = ready["warnings"]
    assert "Event handler 'search' failed" in warning
    assert "LookupError" in warning
    assert "canary" not in str(ready)


async def test_cursor_nobody_reads_is_a_warning_with_what_to_do(
    make_settings: Any, acme: Any, in_process: Any, tmp_path: Any
) -> None:
    engine = f"sqlite:///{tmp_path / 'relevo.db'}"
    async with relevo.open_engine(engine) as store:
        await store.take_cursor("gone", "worker", lease_s=20)
    app = create_app(make_settings(engine=engine), providers=[acme])
    async with in_process(app) as client:
        assert (await client.get("/health/ready")).json()["warnings"] == []
        await client.post(MESSAGES, json=GOOD, headers={"Prefer": "wait=5"})
        app.state["relevo_server"].standing = Fresh()  # as a second later
        (warning,) = (await client.get("/health/ready")).json()["warnings"]
    assert warning.endswith("or forget it: relevo db forget-cursor gone")


async def test_handlers_beside_an_open_runtime_are_refused(make_settings: Any, acme: Any) -> None:
    """It was opened with its own; these would never be called."""

    async def note(_: relevo.Event) -> None:
        raise NotImplementedError

    handlers = [relevo.EventHandler(name="crm", handle=note)]
    async with relevo.open_runtime(make_settings(), providers=[acme]) as runtime:
        with pytest.raises(relevo.ConfigurationError, match="open_runtime"):
            RelevoPlugin(runtime=runtime, handlers=handlers)
