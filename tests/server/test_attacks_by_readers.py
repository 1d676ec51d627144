"""What somebody tries who may read a little and wants more, or wants others to have less."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anyio
import pytest
from pydantic import SecretStr

import relevo
from relevo_server.access.key_rates import KeyRates
from relevo_server.following import Renewals
from relevo_server.requests.cursors import ListCursors

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
MESSAGES = f"{API}/messages"
PAGE = {"accept": "application/json"}
BODY = {"to": "15550100001", "text": "hola"}


async def test_who_knows_all_that_readers_are_told_can_write_no_cursor(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    """The epoch of the log stands in every event's id; the seal stands nowhere."""
    app = make_app()
    async with in_process(app) as client:
        sent = await client.post(MESSAGES, json=BODY)
        engine = app.state["relevo_server"].engine
        for guess in (SecretStr(engine.epoch), SecretStr("")):
            forged = ListCursors(guess, MESSAGES, []).write(2)
            refused(await client.get(MESSAGES, params={"cursor": forged}), 400, "invalid_cursor")
        genuine = ListCursors(engine.seal, MESSAGES, []).write(2)
        page = await client.get(MESSAGES, params={"cursor": genuine})
        assert [one["id"] for one in page.json()["items"]] == [sent.json()["id"]]


async def test_cursor_stays_good_in_a_new_epoch(make_app: Any, in_process: Any) -> None:
    """What somebody reads of events takes nobody's place in a list away."""
    async with in_process(make_app()) as client:
        for _ in range(2):
            await client.post(MESSAGES, json=BODY)
        cursor = (await client.get(MESSAGES, params={"limit": 1})).json()["next"]
        epoch = (await client.get(f"{API}/events", headers=PAGE)).json()["next"].partition(".")[0]
        beyond = await client.get(f"{API}/events?after={epoch}.999", headers=PAGE)
        assert not beyond.json()["next"].startswith(epoch)
        rest = await client.get(MESSAGES, params={"limit": 1, "cursor": cursor})
        assert len(rest.json()["items"]) == 1


async def test_a_browser_with_a_ticket_begins_no_new_epoch_for_all(
    make_app: Any, in_process: Any, give_key: Any
) -> None:
    """Everybody would read the whole log again, as often as it likes."""
    app = make_app()
    async with in_process(app) as client:
        key = await give_key(app)
        await client.post(MESSAGES, json=BODY, headers=key)
        url = (await client.post(f"{API}/events/tickets", json={}, headers=key)).json()["url"]
        epoch = (await client.get(url, headers=PAGE)).json()["next"].partition(".")[0]
        told = (await client.get(f"{url}&after={epoch}.999", headers=PAGE)).json()
        assert told["items"][0]["type"] == "messaging.gap"
        assert told["next"].startswith(f"{epoch}.")


async def test_a_key_without_admin_begins_no_new_epoch_for_all(
    make_app: Any, in_process: Any, give_key: Any, caplog: Any
) -> None:
    """Its reader may have made the place up; whoever runs the server hears of it once a minute."""
    app = make_app()
    async with in_process(app) as client:
        reader = await give_key(app, relevo.Scope.EVENTS, relevo.Scope.SEND)
        admin = await give_key(app, relevo.Scope.EVENTS, relevo.Scope.ADMIN)
        await client.post(MESSAGES, json=BODY, headers=reader)
        epoch = app.state["relevo_server"].engine.epoch
        beyond = f"{API}/events?after={epoch}.999"
        for _ in range(2):
            told = (await client.get(beyond, headers=reader | PAGE)).json()
            assert told["items"][0]["type"] == "messaging.gap"
            assert told["next"].startswith(f"{epoch}.")
        (line,) = [one.getMessage() for one in caplog.records if "999" in one.getMessage()]
        assert "Only this reader is told" in line
        assert "relevo db new-epoch" in line
        renewed = (await client.get(beyond, headers=admin | PAGE)).json()["next"]
        assert not renewed.startswith(f"{epoch}.")


async def test_nobody_begins_new_epochs_again_and_again(make_app: Any, in_process: Any) -> None:
    app = make_app()
    async with in_process(app) as client:
        elapsed = [0.0]
        app.state["relevo_server"].renewals = Renewals(elapsed=lambda: elapsed[0])
        epochs = []
        for wait_s in (0, 1, 600):
            elapsed[0] += wait_s
            now = app.state["relevo_server"].engine.epoch
            told = (await client.get(f"{API}/events?after={now}.999", headers=PAGE)).json()
            assert told["items"][0]["type"] == "messaging.gap"
            epochs.append(told["next"].partition(".")[0])
        assert epochs[0] == epochs[1] != epochs[2]


async def test_a_browser_with_a_ticket_uses_up_nothing_of_its_keys_requests(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    """Its own server could else send nothing any more."""
    app = make_app()
    async with in_process(app) as client:
        app.state["relevo_server"].rates = KeyRates(3, elapsed=lambda: 0.0)
        key = await give_key(app, relevo.Scope.EVENTS, relevo.Scope.READ)
        url = (await client.post(f"{API}/events/tickets", json={}, headers=key)).json()["url"]
        for _ in range(3):
            assert (await client.get(url, headers=PAGE)).status_code == 200
        refused(await client.get(url, headers=PAGE), 429, "too_many_requests")
        own = await client.get(MESSAGES, headers=key)
        assert own.headers["ratelimit-remaining"] == "1"


async def test_two_keys_in_one_request_are_none(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    """Something before the server may have looked at the other one."""
    app = make_app()
    async with in_process(app) as client:
        key = await give_key(app)
        headers = [("authorization", key["authorization"]), ("authorization", "Bearer other")]
        for shown in (headers, headers[::-1]):
            refused(await client.get(MESSAGES, headers=shown), 401, "invalid_key")


async def test_an_account_that_is_gone_tells_a_limited_key_no_other(
    make_app: Any, in_process: Any, give_key: Any, signed: Any, refused: Any, monkeypatch: Any
) -> None:
    """What is kept of it is still theirs; the names of those that are left are not."""
    app = make_app()
    async with in_process(app) as client:
        key = await give_key(app, accounts=frozenset({"shop"}))
        hook = signed({"from": "15550100001", "text": "buenas"})
        assert (await client.post(f"{API}/webhooks/shop", **hook)).status_code == 200
        with anyio.fail_after(30):
            while not (items := (await client.get(MESSAGES, headers=key)).json()["items"]):
                await anyio.sleep(0.01)
        dispatcher = app.state["relevo_server"].dispatcher
        (shop,) = dispatcher.accounts.values()
        left = relevo.Accounts([replace(shop, name="bakery"), replace(shop, name="butcher")])
        monkeypatch.setattr(dispatcher, "accounts", left)
        block = f"{API}/conversations/{items[0]['conversation_id']}/block"
        problem = refused(await client.post(block, headers=key), 422, "unknown_account")
        assert "bakery" not in str(problem)


@pytest.mark.parametrize("name", ["account", "conversation_id", "message_id", "type"])
async def test_a_stream_asks_for_no_more_than_a_ticket_may(
    name: str, make_app: Any, in_process: Any, refused: Any
) -> None:
    """Each thread is a question to the store, and again whenever the reader falls behind."""
    value = {"type": "status", "account": "x"}.get(name, "01a206b8-7691-7bcc-846c-d944f6a135bd")
    async with in_process(make_app()) as client:
        asked = "&".join([f"{name}={value}"] * 101)
        answer = await client.get(f"{API}/events?{asked}", headers=PAGE)
        problem = refused(answer, 400, "invalid_parameter")
        assert problem["errors"] == [{"field": name, "reason": "is given more than 100 times"}]
