"""To a key that is limited to some accounts, the others are not there."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import uuid4

import anyio
import httpx
import pytest
from litestar import Litestar

import relevo
from relevo_server import create_app

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
SECRET = "acme-webhook-secret"
OTHER = "bakery-canary"
OTHER_PERSON = "15550109999"
OTHER_WORDS = "canary words of the bakery"
OTHER_FILE = b"canary bytes of the bakery"
OWN_PERSON = "15550100001"
PAGE = {"accept": "application/json"}


@dataclass
class House:
    """Two accounts with everything there is, and a key that is limited to one of them."""

    client: httpx.AsyncClient
    app: Litestar
    full: dict[str, str]
    own: dict[str, str]
    ids: dict[str, dict[str, str]]


async def fill(
    client: httpx.AsyncClient, signed: Any, account: str, person: str, words: str
) -> Any:
    """Let one account have a message, a reply, a thread, something set aside and a file."""
    body = {"account": account, "to": person, "text": words}
    sent = await client.post(f"{API}/messages", json=body, headers={"Prefer": "wait=5"})
    assert sent.status_code == 200, sent.text
    hook = f"{API}/webhooks/{account}"
    assert (await client.post(hook, **signed({"from": person, "text": words}))).is_success
    assert (await client.post(hook, **signed([words]))).is_success
    file = await client.post(
        f"{API}/media?account={account}", content=OTHER_FILE, headers={"content-type": "image/png"}
    )
    assert file.status_code == 201, file.text
    with anyio.fail_after(30):
        while True:
            inbox = (await client.get(f"{API}/inbox?account={account}")).json()["items"]
            threads = (await client.get(f"{API}/conversations?account={account}")).json()["items"]
            if inbox and threads and threads[0]["messages"] == 2:
                break
            await anyio.sleep(0.01)
    return {
        "message_id": sent.json()["id"],
        "conversation_id": threads[0]["id"],
        "webhook_id": str(inbox[0]["webhook_id"]),
        "media_id": file.json()["id"],
        "name": account,
        "account": account,
    }


@pytest.fixture
def open_house(make_settings: Any, acme: Any, in_process: Any, give_key: Any, signed: Any) -> Any:
    @asynccontextmanager
    async def open_it(way: Any = in_process) -> AsyncIterator[House]:
        accounts = {name: {"provider": "acme_sms", "secret": SECRET} for name in ("shop", OTHER)}
        app = create_app(make_settings(accounts=accounts), providers=[acme])
        async with way(app) as client:
            ids = {
                "shop": await fill(client, signed, "shop", OWN_PERSON, "words of the shop"),
                OTHER: await fill(client, signed, OTHER, OTHER_PERSON, OTHER_WORDS),
            }
            await client.post(f"{API}/accounts/{OTHER}/pause", json={"reason": "a canary"})
            full = await give_key(app)
            own = await give_key(app, accounts=["shop"])
            yield House(client, app, full, own, ids)

    return open_it


def no_canary(answer: httpx.Response, what: str) -> None:
    for canary in (OTHER, OTHER_PERSON, OTHER_WORDS, OTHER_FILE.decode(), "a canary"):
        assert canary not in answer.text, (what, answer.text)


def places(route: str, ids: dict[str, str]) -> str:
    known = {"key_id": "aaaaaaaaaaaa", "family": "acme", "product": "sms"}
    return route.format(**(known | ids))


async def reading_routes(house: House) -> list[str]:
    schema = (await house.client.get("/schema/openapi.json")).json()
    return [path for path, item in schema["paths"].items() if "get" in item]


async def test_no_reading_route_shows_anything_of_another_account(open_house: Any) -> None:
    """Every route there is, asked with what is one's own, with nothing, and by name."""
    async with open_house() as house:
        for route in await reading_routes(house):
            if "webhooks" in route:
                continue  # no key opens these
            path = places(route, house.ids["shop"])
            for query in ("", "?after=0", "?limit=200"):
                if query and ("events" in route) is not query.startswith("?after"):
                    continue
                if query == "?limit=200" and "{" in route:
                    continue
                headers = house.own | PAGE
                answer = await house.client.get(f"{path}{query}", headers=headers)
                if "metrics" in route:
                    assert answer.json()["code"] == "limited_key"
                if "media" not in route:  # the files have the same bytes
                    no_canary(answer, f"{path}{query}")
        # And it is not that nothing was there to see.
        for what in ("messages", "conversations", "accounts", "inbox"):
            seen = await house.client.get(f"{API}/{what}", headers=house.full)
            own = await house.client.get(f"{API}/{what}", headers=house.own)
            assert OTHER in seen.text, what
            assert len(own.json()["items"]) == len(seen.json()["items"]) / 2, what


@pytest.mark.parametrize(
    ("route", "key", "code"),
    [
        ("GET messages/{message_id}", "message_id", "unknown_message"),
        ("POST messages/{message_id}/cancel", "message_id", "unknown_message"),
        ("POST messages/{message_id}/retry", "message_id", "unknown_message"),
        ("POST messages/{message_id}/resolve", "message_id", "unknown_message"),
        ("POST messages/{message_id}/read", "message_id", "unknown_message"),
        ("POST messages/{message_id}/typing", "message_id", "unknown_message"),
        ("GET conversations/{conversation_id}", "conversation_id", "unknown_conversation"),
        ("POST conversations/{conversation_id}/block", "conversation_id", "unknown_conversation"),
        ("POST conversations/{conversation_id}/unblock", "conversation_id", "unknown_conversation"),
        ("GET media/{media_id}", "media_id", "unknown_media"),
        ("GET inbox/{webhook_id}", "webhook_id", "unknown_webhook"),
        ("GET accounts/{name}/health", "name", "unknown_account"),
        ("POST accounts/{name}/health", "name", "unknown_account"),
        ("POST accounts/{name}/pause", "name", "unknown_account"),
        ("POST accounts/{name}/resume", "name", "unknown_account"),
        ("GET accounts/{account}/templates", "account", "unknown_account"),
        ("POST accounts/{account}/templates", "account", "unknown_account"),
        ("DELETE accounts/{account}/templates/hello", "account", "unknown_account"),
    ],
)
async def test_what_is_anothers_answers_as_if_it_were_not_there(
    open_house: Any, refused: Any, route: str, key: str, code: str
) -> None:
    nowhere = {
        "message_id": str(uuid4()),
        "conversation_id": str(uuid4()),
        "media_id": str(uuid4()),
        "webhook_id": "987654321",
        "name": "nowhere",
        "account": "nowhere",
    }
    bodies: dict[str, Any] = {
        "resolve": {"resolution": "sent"},
        "pause": {"reason": "x"},
        "templates": {"name": "hello", "language": "en"},
    }
    method, path = route.split()
    body = {"json": bodies[path.split("/")[-1]]} if path.split("/")[-1] in bodies else {}
    if method == "GET":
        body = {}
    async with open_house() as house:
        problems = []
        for ids in (house.ids[OTHER], nowhere):
            answer = await house.client.request(
                method, f"{API}/{path.format(**ids)}", headers=house.own, **body
            )
            problem = refused(answer, 404, code)
            problem.pop("request_id", None)
            problems.append(re.sub(rf"\b{ids[key]}\b", "IT", json.dumps(problem)))
        assert problems[0] == problems[1]


async def test_another_account_is_as_unknown_as_one_that_never_was(
    open_house: Any, refused: Any
) -> None:
    async with open_house() as house:
        for path in ("messages", "conversations", "inbox", "events"):
            told = []
            for name in (OTHER, "nowhere"):
                asked = f"{API}/{path}?account={name}"
                answer = await house.client.get(asked, headers=house.own | PAGE)
                problem = refused(answer, 422, "unknown_account")
                told.append(problem["detail"].replace(name, "IT"))
            assert told[0] == told[1]
            asked = f"{API}/{path}?account={OTHER}"
            seen = await house.client.get(asked, headers=house.full | PAGE)
            assert seen.json()["items"], path


async def test_naming_what_another_account_has_finds_nothing(open_house: Any) -> None:
    async with open_house() as house:
        thread = house.ids[OTHER]["conversation_id"]
        for path in (
            f"messages?conversation_id={thread}",
            f"messages?to={OTHER_PERSON}",
            f"events?message_id={house.ids[OTHER]['message_id']}",
            f"events?conversation_id={thread}",
        ):
            own = await house.client.get(f"{API}/{path}", headers=house.own | PAGE)
            assert own.json()["items"] == [], path
            seen = await house.client.get(f"{API}/{path}", headers=house.full | PAGE)
            assert seen.json()["items"], path


async def test_nothing_is_sent_for_another_account(open_house: Any, refused: Any) -> None:
    async with open_house() as house:
        before = (await house.client.get(f"{API}/messages", headers=house.full)).json()["items"]
        details = []
        for name in (OTHER, "nowhere"):
            body = {"account": name, "to": OWN_PERSON, "text": "hola"}
            for path in ("messages", "messages/plan"):
                answer = await house.client.post(f"{API}/{path}", json=body, headers=house.own)
                details.append(
                    refused(answer, 422, "unknown_account")["detail"].replace(name, "IT")
                )
            batch = await house.client.post(
                f"{API}/messages/batch", json={"items": [body]}, headers=house.own
            )
            (item,) = batch.json()["items"]
            assert item["problem"]["code"] == "unknown_account"
            details.append(item["problem"]["detail"].replace(name, "IT"))
        assert len(set(details)) == 1
        after = (await house.client.get(f"{API}/messages", headers=house.full)).json()["items"]
        assert len(before) == len(after)
        # The only account it sees is meant where none is named, also by the demo.
        body = {"to": OWN_PERSON, "text": "hola"}
        sent = await house.client.post(f"{API}/messages", json=body, headers=house.own)
        assert sent.json()["account"] == "shop"
        demo = "/api/demo/messaging/acme/sms/send"
        assert (await house.client.post(demo, json=body, headers=house.own)).status_code == 200
        refused(
            await house.client.post(demo, json=body, headers=house.full),
            409,
            "several_demo_accounts",
        )


async def test_a_key_of_idempotency_belongs_to_its_account(open_house: Any) -> None:
    async with open_house() as house:
        again = {"Idempotency-Key": "order-77"}
        body = {"account": OTHER, "to": OTHER_PERSON, "text": OTHER_WORDS}
        await house.client.post(f"{API}/messages", json=body, headers=house.full | again)
        own = {"to": OWN_PERSON, "text": "mine"}
        answer = await house.client.post(f"{API}/messages", json=own, headers=house.own | again)
    assert (answer.status_code, answer.json()["account"]) == (202, "shop")


async def test_nothing_of_another_account_is_sent_again(open_house: Any, refused: Any) -> None:
    async with open_house() as house:
        await house.client.post(f"{API}/accounts/{OTHER}/resume", headers=house.full)
        body = {"account": OTHER, "to": OTHER_PERSON, "text": "reject"}
        dead = await house.client.post(f"{API}/messages", json=body, headers=house.full)
        path = f"{API}/messages/{dead.json()['id']}"
        with anyio.fail_after(30):
            while (await house.client.get(path, headers=house.full)).json()["status"] != "failed":
                await anyio.sleep(0.01)
        replay = f"{API}/messages/replay"
        by_id = {"ids": [dead.json()["id"]]}
        refused(
            await house.client.post(replay, json=by_id, headers=house.own), 404, "unknown_message"
        )
        answer = await house.client.post(replay, json={"error_code": "rejected"}, headers=house.own)
        assert answer.json()["items"] == []
        answer = await house.client.post(replay, json={"account": OTHER}, headers=house.own)
        refused(answer, 422, "unknown_account")
        answer = await house.client.post(replay, json={"account": OTHER}, headers=house.full)
        assert answer.json()["items"] == by_id["ids"]
        inbox = f"{API}/inbox/replay"
        webhook = {"webhook_ids": [int(house.ids[OTHER]["webhook_id"])]}
        for path in (inbox, f"{API}/inbox/discard"):
            answer = await house.client.post(path, json=webhook, headers=house.own)
            assert answer.json()["items"] == []
            answer = await house.client.post(path, json={"account": OTHER}, headers=house.own)
            refused(answer, 422, "unknown_account")


async def test_raw_webhooks_are_for_keys_without_a_limit(open_house: Any) -> None:
    """One webhook may bring news of several accounts."""
    async with open_house() as house:
        webhook = f"{API}/inbox/{house.ids['shop']['webhook_id']}"
        own = (await house.client.get(webhook, headers=house.own)).json()
        full = (await house.client.get(webhook, headers=house.full)).json()
        assert "words of the shop" in full["body"]
        assert "body" not in own
        (item,) = (await house.client.get(f"{API}/inbox", headers=house.own)).json()["items"]
    assert own["set_aside"] == [item]
    assert "raw" not in item
    assert "traceback" in full["set_aside"][0]["fault"]
    assert "traceback" not in item["fault"], "places in the server's code"


async def test_files_belong_to_the_account_they_were_kept_for(
    open_house: Any, refused: Any
) -> None:
    async with open_house() as house:
        media = f"{API}/media"
        image = {"content": b"own bytes", "headers": house.own | {"content-type": "image/png"}}
        kept = (await house.client.post(media, **image)).json()
        assert kept["account"] == "shop"
        refused(
            await house.client.post(f"{media}?account={OTHER}", **image), 422, "unknown_account"
        )
        image["headers"] = house.full | {"content-type": "image/png"}
        nobodys = (await house.client.post(media, **image)).json()
        assert "account" not in nobodys
        for file, status in (
            (kept, 200),
            (nobodys, 404),
            ({"id": house.ids[OTHER]["media_id"]}, 404),
        ):
            answer = await house.client.get(f"{media}/{file['id']}", headers=house.own)
            assert answer.status_code == status
            sends = {"to": OWN_PERSON, "content": {"type": "image", "media": file["id"]}}
            for path in ("messages", "messages/plan"):
                answer = await house.client.post(f"{API}/{path}", json=sends, headers=house.own)
                # Acme carries no pictures; a file that is not there is said before.
                code = "unsupported_content" if status == 200 else "invalid_message"
                refused(answer, 422, code)


async def test_no_event_of_another_account_is_seen_by_any_position(
    open_house: Any, over_http: Any
) -> None:
    async with open_house(over_http) as house:
        everything = await house.client.get(f"{API}/events?limit=200", headers=house.full | PAGE)
        events = everything.json()["items"]
        assert any(one["data"].get("account") == OTHER for one in events)
        for asked in ["0", *(one["id"] for one in events)]:
            page = await house.client.get(
                f"{API}/events?after={asked}&limit=200", headers=house.own | PAGE
            )
            no_canary(page, asked)
        ticket = (
            await house.client.post(f"{API}/events/tickets", json={}, headers=house.own)
        ).json()
        for url, headers in (
            (f"{API}/events?after=0", house.own),
            (f"{ticket['url']}&after=0", {}),
            (f"{ticket['url']}", {"last-event-id": events[0]["id"]}),
        ):
            body = {"to": OWN_PERSON, "text": "the last one"}
            told = ""
            with anyio.fail_after(30):
                async with house.client.stream("GET", url, headers=headers) as stream:
                    lines = stream.aiter_lines()
                    await anext(lines)
                    other = {"account": OTHER, "to": OTHER_PERSON, "text": OTHER_WORDS}
                    await house.client.post(f"{API}/messages", json=other, headers=house.full)
                    sent = await house.client.post(f"{API}/messages", json=body, headers=house.own)
                    async for line in lines:
                        told += line
                        if sent.json()["id"] in line:
                            break
            for canary in (OTHER, OTHER_PERSON, OTHER_WORDS):
                assert canary not in told


async def test_a_limited_key_cannot_begin_a_new_epoch_for_all(open_house: Any) -> None:
    """It is told of a gap for itself; a place beyond the log may be made up."""
    async with open_house() as house:

        async def page(after: str, headers: dict[str, str]) -> dict[str, Any]:
            answer = await house.client.get(
                f"{API}/events?after={after}&limit=200", headers=headers | PAGE
            )
            return dict(answer.json())

        epoch = (await page("0", house.full))["next"].partition(".")[0]
        beyond = f"{epoch}.999999"
        own = await page(beyond, house.own)
        assert own["items"][0]["type"] == "messaging.gap"
        assert {one["data"].get("account", "shop") for one in own["items"]} == {"shop"}
        assert own["next"].startswith(f"{epoch}.")
        renewed = await page(beyond, house.full)
        assert renewed["items"][0]["type"] == "messaging.gap"
        assert not renewed["next"].startswith(f"{epoch}.")


async def test_a_key_for_accounts_that_are_gone_sees_nothing(
    open_house: Any, give_key: Any
) -> None:
    async with open_house() as house:
        lost = await give_key(house.app, accounts=["closed"])
        for path in ("messages", "conversations", "accounts", "inbox", "events"):
            answer = await house.client.get(f"{API}/{path}", headers=lost | PAGE)
            assert answer.json()["items"] == [], path
        body = {"to": OWN_PERSON, "text": "hola"}
        answer = await house.client.post(f"{API}/messages", json=body, headers=lost)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_account")
        no_canary(answer, "a send")


async def test_health_tells_a_limited_key_of_its_own_accounts(open_house: Any) -> None:
    async with open_house() as house:
        own = await house.client.get("/health/ready", headers=house.own)
        full = await house.client.get("/health/ready", headers=house.full)
    no_canary(own, "health")
    assert OTHER in full.text


async def test_the_sandbox_of_another_account_is_not_there(
    make_settings: Any, acme: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    class Stand:
        account: ClassVar = {"provider": "acme_sms", "secret": SECRET}
        url = "http://127.0.0.1:1/canary"

        async def reply(self, text: str, person: str) -> None:
            raise AssertionError(text, person)

    accounts = {name: {"provider": "acme_sms", "secret": SECRET} for name in ("shop", OTHER)}
    accounts["shop"] = {"provider": "acme_sms", "secret": "another"}
    stand: Any = Stand()
    app = create_app(make_settings(accounts=accounts), providers=[acme], sandbox=stand)
    async with in_process(app) as client:
        own = await give_key(app, accounts=["shop"])
        full = await give_key(app, relevo.Scope.READ)
        assert (await client.get(f"{API}/sandbox", headers=full)).json()["account"] == OTHER
        assert (await client.get(f"{API}/sandbox", headers=own)).json() == {"on": False}
        body = {"from": OWN_PERSON, "text": "hola"}
        refused(
            await client.post(f"{API}/sandbox/replies", json=body, headers=own), 404, "no_sandbox"
        )
