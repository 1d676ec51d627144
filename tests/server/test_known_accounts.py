"""A filter by an account that is not there is told, and one that was there once stays readable."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

import relevo
from relevo_server import create_app

pytestmark = pytest.mark.anyio
API = "/api/v1/messaging"
LISTS = ("messages", "conversations", "inbox", "events")
PAGE = {"accept": "application/json"}
ACCOUNTS = {
    name: {"provider": "acme_sms", "secret": "acme-webhook-secret"} for name in ("shop", "old")
}


@pytest.mark.parametrize("name", LISTS)
async def test_an_account_nobody_has_is_told_with_those_there_are(
    make_app: Any, in_process: Any, refused: Any, name: str
) -> None:
    async with in_process(make_app()) as client:
        answer = await client.get(f"{API}/{name}?account=shpo", headers=PAGE)
        problem = refused(answer, 422, "unknown_account")
        assert "Did you mean 'shop'?" in problem["detail"]
        assert (await client.get(f"{API}/{name}?account=shop", headers=PAGE)).status_code == 200


async def test_a_stream_or_a_ticket_of_such_an_account_does_not_begin(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    """It would be silent for ever. An EventSource is told by its error."""
    async with in_process(make_app()) as client:
        with anyio.fail_after(30):
            stream = await client.get(f"{API}/events?account=shop&account=nope")
        refused(stream, 422, "unknown_account")
        run = {"threadId": "t", "runId": "r"}
        with anyio.fail_after(30):
            refused(
                await client.post(f"{API}/events?account=nope", json=run), 422, "unknown_account"
            )
        ticket = await client.post(f"{API}/events/tickets", json={"account": ["nope"]})
        refused(ticket, 422, "unknown_account")
        replay = await client.post(f"{API}/messages/replay", json={"account": "nope"})
        refused(replay, 422, "unknown_account")


async def test_an_account_that_was_taken_out_stays_readable(
    make_settings: Any, acme: Any, in_process: Any, tmp_path: Any
) -> None:
    engine = f"sqlite:///{tmp_path}/relevo.db"
    before = make_settings(engine=engine, accounts=ACCOUNTS)
    async with in_process(create_app(before, providers=[acme])) as client:
        body = {"account": "old", "to": "15550100001", "text": "hola"}
        assert (await client.post(f"{API}/messages", json=body)).status_code == 202
    after = make_settings(engine=engine)
    async with in_process(create_app(after, providers=[acme])) as client:
        for name in LISTS:
            answer = await client.get(f"{API}/{name}?account=old", headers=PAGE)
            assert answer.status_code == 200, name
            assert bool(answer.json()["items"]) == (name != "inbox")


async def test_a_limited_key_cannot_tell_a_hidden_account_from_none(
    make_settings: Any, acme: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    app = create_app(make_settings(accounts=ACCOUNTS), providers=[acme])
    async with in_process(app) as client:
        body = {"account": "old", "to": "15550100001", "text": "hola"}
        assert (await client.post(f"{API}/messages", json=body)).status_code == 202
        key = await give_key(app, *relevo.Scope, accounts=frozenset({"shop"}))
        for name in LISTS:
            told = []
            for account in ("old", "nil"):
                answer = await client.get(f"{API}/{name}?account={account}", headers=PAGE | key)
                problem = refused(answer, 422, "unknown_account")
                told.append(problem["detail"].replace(account, "..."))
            assert told[0] == told[1]
            assert "Name one of: shop." in told[0]
