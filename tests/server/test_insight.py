"""Where the server keeps what it has: only whoever runs it is told, by any route."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import relevo
from relevo_server.access.key_ring import LINGERS_S
from relevo_server.fresh import Fresh

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
MESSAGES = f"{API}/messages"
BODY = {"to": "15550100001", "text": "hola"}
PLACE = "127.0.0.1:5499"


async def away(*_: Any, **__: Any) -> None:
    """Fail as PostgreSQL's engine does."""
    msg = f"The PostgreSQL database relevo at {PLACE} failed (ConnectionRefusedError): start it."
    raise relevo.EngineUnavailable(msg)


async def test_where_the_store_is_only_whoever_runs_the_server_is_told(
    make_app: Any, in_process: Any, give_key: Any, refused: Any, monkeypatch: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        admin = await give_key(app)
        limited = await give_key(app, accounts=frozenset({"shop"}))
        sender = await give_key(app, relevo.Scope.SEND, relevo.Scope.READ)
        for key in (admin, limited, sender):
            assert (await client.get(MESSAGES, headers=key)).status_code == 200
        engine = app.state["relevo_server"].engine
        monkeypatch.setattr(engine, "accept", away)
        monkeypatch.setattr(engine, "messages", away)
        many = {"items": [BODY]}
        for key in (limited, sender):
            listed = await client.get(MESSAGES, headers=key)
            problem = refused(listed, 503, "engine_unavailable")
            assert problem["detail"].startswith("The server cannot use its store just now")
            assert listed.headers["retry-after"] == "5"
            batch = await client.post(f"{MESSAGES}/batch", json=many, headers=key)
            (row,) = batch.json()["items"]
            assert row["problem"]["code"] == "engine_unavailable"
            assert PLACE not in listed.text + batch.text
        assert PLACE in (await client.get(MESSAGES, headers=admin)).json()["detail"]
        batch = await client.post(f"{MESSAGES}/batch", json=many, headers=admin)
        assert PLACE in batch.json()["items"][0]["problem"]["detail"]


async def test_where_the_store_is_a_made_up_key_or_a_ticket_is_not_told(
    make_app: Any, in_process: Any, give_key: Any, refused: Any, monkeypatch: Any
) -> None:
    """Nobody can tell who asks while the store is away, so it is a stranger."""
    app = make_app()
    async with in_process(app) as client:
        admin = await give_key(app)
        made = await client.post(f"{API}/events/tickets", json={}, headers=admin)
        context = app.state["relevo_server"]
        for question in ("keys", "ticket"):
            monkeypatch.setattr(context.engine, question, away)
        context.keys.forget()
        made_up = {"authorization": f"Bearer rlv_{'a' * 12}_{'b' * 43}"}
        for answer in (
            await client.get(MESSAGES, headers=admin),
            await client.get(MESSAGES, headers=made_up),
            await client.get(made.json()["url"], headers={"accept": "application/json"}),
        ):
            assert answer.status_code in {401, 503}
            assert PLACE not in answer.text
        refused(answer, 503, "engine_unavailable")


async def test_readiness_tells_why_to_keys_that_were_good_and_admits_what_it_cannot_check(
    make_app: Any, in_process: Any, give_key: Any, refused: Any, monkeypatch: Any
) -> None:
    """A key that cannot be checked is not called none; where the store is only admins are told."""
    app = make_app()
    ready = f"{API}/health/ready"
    async with in_process(app) as client:
        admin = await give_key(app)
        reader = await give_key(app, relevo.Scope.READ)
        for key in (admin, reader):
            assert (await client.get(ready, headers=key)).status_code == 200
        context = app.state["relevo_server"]
        now_s = context.keys._elapsed() + LINGERS_S - 5
        for question in ("keys", "pulse"):
            monkeypatch.setattr(context.engine, question, away)
        monkeypatch.setattr(context.keys, "_elapsed", lambda: now_s)
        context.standing = Fresh()

        async def told(**more: Any) -> str:
            problem = refused(await client.get(ready, **more), 503, "engine_unavailable")
            return str(problem["detail"])

        assert PLACE in await told(headers=admin)
        why = await told(headers=reader)
        assert "cannot use its store" in why
        assert PLACE not in why
        assert "A key with the scope read is told why" in await told()
        now_s += 10
        assert "cannot tell either whose key" in await told(headers=admin)
        assert "A key with the scope read is told why" in await told()


async def test_where_the_store_is_a_webhook_is_never_told(
    make_app: Any, in_process: Any, signed: Any, monkeypatch: Any
) -> None:
    """A server without keys tells it to this machine, which a provider is not."""
    app = make_app()
    async with in_process(app) as client:
        engine = app.state["relevo_server"].engine
        for step in ("keep_webhook", "messages"):
            monkeypatch.setattr(engine, step, away)
        assert PLACE in (await client.get(MESSAGES)).json()["detail"]
        hook = signed({"from": "15550100001", "text": "buenas"})
        answer = await client.post(f"{API}/webhooks/shop", **hook)
        assert answer.json()["code"] == "engine_unavailable"
        assert PLACE not in answer.text


async def test_where_files_are_kept_only_whoever_runs_the_server_is_told(
    make_app: Any, in_process: Any, give_key: Any, tmp_path: Path, caplog: Any
) -> None:
    folder = tmp_path / "files"
    app = make_app(media={"path": str(folder)})
    async with in_process(app) as client:
        admin = await give_key(app)
        limited = await give_key(app, accounts=frozenset({"shop"}))
        row = (await client.post(f"{API}/media", content=b"x", headers=limited)).json()
        for stored in [one for one in folder.rglob("*") if one.is_file()]:
            stored.unlink()
        answer = await client.get(row["url"], headers=limited)
        assert answer.json()["code"] == "media_unavailable"
        assert str(folder) not in answer.text
        assert str(folder) in caplog.text
        told = await client.get(row["url"], headers=admin)
        assert str(folder) in told.json()["detail"]
