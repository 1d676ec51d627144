"""Keys: made and shown once, demanded from the first one on, and gone when they are taken back."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx
import pytest
from litestar import Litestar
from litestar.exceptions import NotAuthorizedException

import relevo
from relevo.engines.port import Engine
from relevo.keys import make_key, parse_key_id
from relevo_server import RelevoPlugin
from relevo_server.access.key_ring import FRESH_S, KeyRing

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
MESSAGES = f"{API}/messages"
KEYS = f"{API}/keys"
ALL = ["send", "read", "events", "admin"]
PAGE = "https://shop.example"


class Elapsed:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def test_the_first_key_ends_the_time_without_keys(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        assert (await client.get(MESSAGES)).status_code == 200
        made = await client.post(KEYS, json={"name": "ops", "scopes": ALL})
        assert made.status_code == 201
        assert made.headers["cache-control"] == "no-store"
        assert "every request" in made.json()["notice"]
        answer = await client.get(MESSAGES)
        refused(answer, 401, "missing_key")
        for shown in ("Basic c2VjcmV0", "rlv_secret", "Token rlv_secret", "Digest a=b"):
            other = await client.get(MESSAGES, headers={"authorization": shown})
            problem = refused(other, 401, "missing_key")
            assert "another scheme than Bearer" in problem["detail"]
            assert "secret" not in other.text
            assert other.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        key = bearer(made.json()["key"])
        assert (await client.get(MESSAGES, headers=key)).status_code == 200
        second = await client.post(KEYS, json={"name": "two", "scopes": ["read"]}, headers=key)
        assert "notice" not in second.json()


async def test_a_key_is_told_once(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        made = (await client.post(KEYS, json={"name": "ops", "scopes": ALL})).json()
        listed = await client.get(KEYS, headers=bearer(made["key"]))
    (row,) = listed.json()["items"]
    assert made["key"].startswith(f"{row['prefix']}_")
    assert (row["id"], row["name"], row["accounts"]) == (parse_key_id(made["key"]), "ops", None)
    assert set(row["scopes"]) == set(ALL)
    assert row["active"]
    assert row["last_used_at"]
    assert made["key"].rpartition("_")[2] not in listed.text
    assert "digest" not in listed.text


async def test_with_a_key_any_machine_and_any_host_may_ask(make_app: Any, give_key: Any) -> None:
    app = make_app()
    transport = httpx.ASGITransport(app=app, client=("203.0.113.9", 4242))
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://relevo.example") as client,
    ):
        assert (await client.get(MESSAGES)).status_code == 403
        key = await give_key(app)
        assert (await client.get(MESSAGES)).status_code == 401
        assert (await client.get(MESSAGES, headers=key)).status_code == 200


async def test_bodies_still_have_to_be_json(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        key = await give_key(app) | {"content-type": "text/plain"}
        answer = await client.post(MESSAGES, content=b'{"to": "1"}', headers=key)
    refused(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "shown",
    [
        "Bearer rlv_aaaaaaaaaaaa_" + "x" * 43,
        "Bearer {id}_" + "x" * 43,
        "Bearer {id}",
        "Bearer",
        "Bearer \xe9\xff",
        "Basic {key}",
        "{key}",
        "Bearer {key}x",
    ],
)
async def test_what_is_no_key_opens_nothing(
    make_app: Any, in_process: Any, give_key: Any, shown: str
) -> None:
    app = make_app()
    async with in_process(app) as client:
        key = (await give_key(app))["authorization"].removeprefix("Bearer ")
        value = shown.format(id=key[:16], key=key).encode("latin-1")
        answer = await client.get(MESSAGES, headers={b"authorization": value})
    assert answer.status_code == 401
    assert answer.json()["code"] in {"missing_key", "invalid_key"}
    assert key not in answer.text


async def test_a_key_that_is_over_opens_nothing(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        past = await give_key(app, expires_at=datetime.now(UTC) - timedelta(seconds=1))
        soon = await give_key(app, expires_at=datetime.now(UTC) + timedelta(hours=1))
        refused(await client.get(MESSAGES, headers=past), 401, "invalid_key")
        assert (await client.get(MESSAGES, headers=soon)).is_success


async def test_a_key_that_is_taken_back_opens_nothing_at_once(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    """Also the last one: revoked keys are demanded all the same, and nobody gets in by it."""
    app = make_app()
    async with in_process(app) as client:
        key = await give_key(app)
        key_id = parse_key_id(key["authorization"].removeprefix("Bearer "))
        assert (await client.get(MESSAGES, headers=key)).is_success
        assert (await client.delete(f"{KEYS}/{key_id}", headers=key)).status_code == 204
        refused(await client.get(MESSAGES, headers=key), 401, "invalid_key")
        refused(await client.get(MESSAGES), 401, "missing_key")


async def test_a_key_nobody_knows_cannot_be_taken_back(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        refused(await client.delete(f"{KEYS}/aaaaaaaaaaaa"), 404, "unknown_key")


async def test_another_process_learns_of_keys_within_two_seconds() -> None:
    assert FRESH_S < 2
    elapsed = Elapsed()
    async with relevo.open_engine("memory") as engine:
        ring = KeyRing(elapsed=elapsed)
        ring.begin(engine)
        await ring.look()
        assert not ring.keyed
        secret, record = make_key(name="x", scopes=[relevo.Scope.READ], now=datetime.now(UTC))
        text = secret.get_secret_value()
        await engine.add_key(record)
        assert await ring.find(text) is None
        elapsed.s += FRESH_S
        assert await ring.find(text) == record
        assert ring.keyed
        await engine.revoke_key(record.key_id)
        elapsed.s += FRESH_S
        assert await ring.find(text) is None
        assert ring.keyed


class CountingEngine:
    """Count how often all keys are read, and break when told to."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.reads = 0
        self.away = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def keys(self) -> list[relevo.KeyRecord]:
        self.reads += 1
        self._fail()
        await anyio.lowlevel.checkpoint()
        return await self._engine.keys()

    async def use_keys(self, used: Any) -> None:
        self._fail()
        await self._engine.use_keys(used)

    def _fail(self) -> None:
        if self.away:
            msg = "The store is away."
            raise relevo.EngineUnavailable(msg)


async def test_guessing_keys_costs_the_store_nothing() -> None:
    elapsed = Elapsed()
    async with relevo.open_engine("memory") as engine:
        counting = CountingEngine(engine)
        ring = KeyRing(elapsed=elapsed)
        ring.begin(counting)

        async def guess() -> None:
            secret, _ = make_key(name="x", scopes=[relevo.Scope.READ], now=datetime.now(UTC))
            assert await ring.find(secret.get_secret_value()) is None

        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(guess)
    assert counting.reads == 1


async def test_last_use_is_written_down_later_and_never_lost() -> None:
    elapsed = Elapsed()
    async with relevo.open_engine("memory") as engine:
        counting = CountingEngine(engine)
        ring = KeyRing(elapsed=elapsed)
        ring.begin(counting)
        _, record = make_key(name="x", scopes=[relevo.Scope.READ], now=datetime.now(UTC))
        await engine.add_key(record)
        ring.note_use(record.key_id)
        (kept,) = await engine.keys()
        assert kept.last_used_at is None
        counting.away = True
        await ring.flush()
        counting.away = False
        used_at = ring.used_at(record.key_id)
        assert used_at is not None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ring.run)
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        (kept,) = await engine.keys()
    assert kept.last_used_at == used_at
    assert ring.used_at(record.key_id) is None


async def test_without_the_store_nobody_gets_in_by_what_was_known(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    """Whether a key was taken back cannot be told then; whether the process lives can."""
    app = make_app()
    async with in_process(app) as client:
        key = await give_key(app)
        assert (await client.get(MESSAGES, headers=key)).is_success
        ring = app.state["relevo_server"].keys
        counting = CountingEngine(app.state["relevo_server"].engine)
        counting.away = True
        ring.begin(counting)
        ring._known = type(ring._known)({"x": None})  # it knew of a key, long ago
        refused(await client.get(MESSAGES, headers=key), 503, "engine_unavailable")
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get(MESSAGES)).status_code in {401, 503}


async def test_without_the_store_an_open_server_asks_to_wait(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    """The first key may have been made elsewhere just now."""
    app = make_app()
    async with in_process(app) as client:
        counting = CountingEngine(app.state["relevo_server"].engine)
        counting.away = True
        app.state["relevo_server"].keys.begin(counting)
        refused(await client.get(MESSAGES), 503, "engine_unavailable")
        assert (await client.get("/health/live")).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["everything"]}, "scopes.0"),
        ({"name": "", "scopes": ["read"]}, "name"),
        ({"name": "x", "scopes": ["read"], "rate": 0}, "rate"),
        ({"name": "x", "scopes": ["read"], "accounts": []}, "accounts"),
        ({"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ],
)
async def test_a_key_that_makes_no_sense_is_refused(
    make_app: Any, in_process: Any, refused: Any, body: Any, field: str
) -> None:
    async with in_process(make_app()) as client:
        problem = refused(await client.post(KEYS, json=body), 422, "invalid_body")
        assert (await client.get(MESSAGES)).status_code == 200
    assert [one["field"] for one in problem["errors"]] == [field]


async def test_a_key_for_an_account_that_is_not_there_is_refused(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    body = {"name": "x", "scopes": ["read"], "accounts": ["shopp"]}
    async with in_process(make_app()) as client:
        refused(await client.post(KEYS, json=body), 422, "unknown_account")
        assert (await client.get(MESSAGES)).status_code == 200


async def test_a_limited_key_gives_on_no_more_than_it_has(
    make_settings: Any, acme: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    accounts = {
        name: {"provider": "acme_sms", "secret": "acme-webhook-secret"}
        for name in ("shop", "bakery")
    }
    plugin = RelevoPlugin(make_settings(accounts=accounts), providers=[acme], standalone=True)
    app = Litestar(plugins=[plugin], logging_config=None)
    async with in_process(app) as client:
        full = await give_key(app)
        limits = {"accounts": ["shop"], "rate": 600}
        own = await give_key(app, relevo.Scope.ADMIN, relevo.Scope.READ, **limits)

        async def make(**body: Any) -> httpx.Response:
            wanted = {"name": "x", "scopes": ["read"]} | body
            answer: httpx.Response = await client.post(KEYS, json=wanted, headers=own)
            return answer

        made = (await make()).json()
        assert (made["accounts"], made["rate"]) == (["shop"], 600)
        problem = refused(await make(accounts=["bakery"]), 422, "unknown_account")
        nowhere = refused(await make(accounts=["nowhere"]), 422, "unknown_account")
        assert problem["detail"].replace("bakery", "nowhere") == nowhere["detail"]
        refused(await make(scopes=["send"]), 422, "invalid_body")
        refused(await make(rate=601), 422, "invalid_body")
        rows = (await client.get(KEYS, headers=own)).json()["items"]
        assert [row["accounts"] for row in rows] == [["shop"], ["shop"]]
        every = (await client.get(KEYS, headers=full)).json()["items"]
        (unlimited,) = [row["id"] for row in every if row["accounts"] is None]
        refused(await client.delete(f"{KEYS}/{unlimited}", headers=own), 404, "unknown_key")
        assert (await client.delete(f"{KEYS}/{made['id']}", headers=own)).status_code == 204


# Web pages


async def test_only_listed_pages_may_show_a_key(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    app = make_app(server={"cors_origins": [PAGE]})
    async with in_process(app) as client:
        key = await give_key(app)
        listed = {"origin": PAGE}
        answer = await client.get(MESSAGES, headers=key | listed)
        assert answer.headers["access-control-allow-origin"] == PAGE
        none = await client.get(MESSAGES, headers=listed)
        refused(none, 401, "missing_key")
        assert none.headers["access-control-allow-origin"] == PAGE
        preflight = listed | {"access-control-request-method": "POST"}
        assert (await client.options(MESSAGES, headers=preflight)).status_code == 204
        foreign = key | {"origin": "https://evil.example"}
        refused(await client.get(MESSAGES, headers=foreign), 403, "foreign_origin")
        own = key | {"origin": "https://127.0.0.1:7062"}  # a proxy took the TLS off
        assert (await client.get(MESSAGES, headers=own)).status_code == 200


# Inside another application


async def test_an_application_has_our_keys_only_if_it_asks(
    make_settings: Any, acme: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    def require_badge(connection: Any, _handler: Any) -> None:
        if connection.headers.get("x-badge") != "yes":
            raise NotAuthorizedException(detail="Show your badge.")

    badge = {"x-badge": "yes"}
    for keys in (None, True):
        plugin = RelevoPlugin(make_settings(), providers=[acme], guards=[require_badge], keys=keys)
        app = Litestar(plugins=[plugin], logging_config=None)
        async with in_process(app) as client:
            key = await give_key(app)
            refused(await client.get(MESSAGES, headers=key), 401, "unauthorized")
            with_badge = await client.get(MESSAGES, headers=badge)
            if keys is None:
                assert with_badge.status_code == 200
                assert (await client.get(KEYS, headers=badge)).status_code == 404
            else:
                refused(with_badge, 401, "missing_key")
                assert (await client.get(KEYS, headers=badge | key)).status_code == 200


# Health


async def test_health_tells_details_to_readers_only(
    make_app: Any, in_process: Any, give_key: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        await client.post(f"{API}/accounts/shop/pause", json={"reason": "a test"})
        key = await give_key(app)
        sender = await give_key(app, relevo.Scope.SEND)
        for headers in ({}, sender, bearer("rlv_nonsense")):
            answer = await client.get("/health/ready", headers=headers)
            assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
        told = (await client.get("/health/ready", headers=key)).json()
    assert any("'shop' is paused" in words for words in told["warnings"])
    assert told["engine"]["engine"] == "memory"


# Streams


async def test_a_stream_ends_with_its_key(make_app: Any, over_http: Any, give_key: Any) -> None:
    app = make_app()
    async with over_http(app) as client:
        key = await give_key(app)
        other = await give_key(app)
        key_id = parse_key_id(key["authorization"].removeprefix("Bearer "))
        with anyio.fail_after(30):
            async with client.stream("GET", f"{API}/events", headers=key) as stream:
                chunks = stream.aiter_raw()
                assert await anext(chunks)
                await client.delete(f"{KEYS}/{key_id}", headers=other)
                async for _ in chunks:
                    pass


async def test_a_stream_from_before_the_first_key_ends_with_it(
    make_app: Any, over_http: Any, give_key: Any
) -> None:
    app = make_app()
    async with over_http(app) as client:
        with anyio.fail_after(30):
            async with client.stream("GET", f"{API}/events") as stream:
                chunks = stream.aiter_raw()
                assert await anext(chunks)
                await give_key(app)
                async for _ in chunks:
                    pass


async def test_no_key_reaches_a_log(
    make_app: Any, in_process: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with in_process(make_app()) as client:
            made = (await client.post(KEYS, json={"name": "ops", "scopes": ALL})).json()
            await client.get(KEYS, headers=bearer(made["key"]))
            await client.delete(f"{KEYS}/{made['id']}", headers=bearer(made["key"]))
    assert made["id"] in caplog.text
    assert made["key"].rpartition("_")[2] not in caplog.text
    assert made["key"].rpartition("_")[2] not in json.dumps(
        [record.__dict__ for record in caplog.records], default=str
    )


async def test_key_that_only_asks_for_health_was_used(
    make_app: Any, in_process: Any, give_key: Any
) -> None:
    """Else the list of keys would say that the key of a probe can go."""
    app = make_app()
    async with in_process(app) as client:
        probe = await give_key(app, relevo.Scope.READ)
        assert (await client.get("/health/ready", headers=probe)).status_code == 200
        key_id = parse_key_id(probe["authorization"].removeprefix("Bearer "))
        assert app.state["relevo_server"].keys.used_at(key_id)


@pytest.mark.parametrize(("scope", "warned"), [("admin", True), ("read", False)])
async def test_bootstrap_key_beside_an_admin_key_is_warned_of(
    make_app: Any,
    in_process: Any,
    monkeypatch: pytest.MonkeyPatch,
    scope: str,
    warned: bool,  # noqa: FBT001 - parametrized
) -> None:
    """It may do everything and cannot be revoked: it is for the first minutes."""
    text = "bootstrap-key-of-a-container-0123456789"
    monkeypatch.setenv("RELEVO_BOOTSTRAP_KEY", text)
    async with in_process(make_app(), bearer(text)) as client:
        before = (await client.get("/health/ready")).json()
        await client.post(KEYS, json={"name": "real", "scopes": [scope]})
        after = (await client.get("/health/ready")).json()
    assert "RELEVO_BOOTSTRAP_KEY" not in str(before["warnings"])
    assert ("RELEVO_BOOTSTRAP_KEY" in str(after["warnings"])) is warned
