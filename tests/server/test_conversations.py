"""Threads over HTTP: windows with three answers, what people want, and people who became one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import anyio
import httpx
import pytest
from litestar import Litestar

import relevo
from relevo_server import create_app

API = "/api/v1/messaging"
PERSON = "15550100001"
OTHER = "15550100002"
pytestmark = pytest.mark.anyio


@pytest.fixture
def strict_app(make_settings: Any, acme: Any) -> Callable[..., Litestar]:
    """An application whose vendor has a window, opt-outs, and people with two numbers."""

    class Strict(acme):  # type: ignore[misc]  # the class of a fixture
        window_s: ClassVar[float | None] = 60.0

        def needs_window(self, message: relevo.Message) -> bool:
            return message.text != "promo"

        def preference_of(self, message: relevo.Message) -> str | None:
            return "marketing" if message.text == "promo" else None

        def parse_item(self, item: relevo.WebhookItem) -> list[relevo.ProviderEvent]:
            raw: Any = item.raw
            person = relevo.Address("tel", raw["from"])
            if "is" in raw:
                known = (relevo.Address("tel", raw["is"]),)
                return [relevo.PersonUpdate(person, "alias", aliases=known)]
            if "allowed" in raw:
                update = relevo.PersonUpdate(
                    person, "preference", category="marketing", allowed=raw["allowed"]
                )
                return [update]
            return list(super().parse_item(item))

    def make(**rules: str) -> Litestar:
        shop = {"provider": "acme_sms", "secret": "acme-webhook-secret", **rules}
        return create_app(make_settings(accounts={"shop": shop}), providers=[Strict])

    return make


async def hear(client: httpx.AsyncClient, signed: Any, **raw: Any) -> None:
    """Post a webhook, and wait until it is worked through."""
    await client.post(f"{API}/webhooks/shop", **signed(raw))
    with anyio.fail_after(30):
        while (await client.get("/health/ready")).json()["engine"]["pending_webhooks"]:
            await anyio.sleep(0.01)


async def send(client: httpx.AsyncClient, words: str = "hola", to: str = PERSON) -> httpx.Response:
    return await client.post(f"{API}/messages", json={"to": to, "text": words})


async def thread(client: httpx.AsyncClient) -> dict[str, Any]:
    """Give the only thread there is."""
    (row,) = (await client.get(f"{API}/conversations")).json()["items"]
    return dict(row)


async def test_window_is_unknown_until_the_person_writes(
    strict_app: Any, in_process: Any, signed: Any
) -> None:
    async with in_process(strict_app()) as client:
        await send(client)
        assert (await thread(client))["window"] == {"state": "unknown"}
        await hear(client, signed, **{"from": PERSON, "text": "buenas"})
        row = await thread(client)
        assert row["window"]["state"] == "open"
        assert row["window"]["until"] > row["last_inbound_at"]
        shown = (await client.get(f"{API}/conversations/{row['id']}")).json()
    assert shown == row | {"preferences": []}


async def test_provider_without_a_window_tells_none(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        await send(client)
        assert "window" not in await thread(client)


async def test_closed_window_is_told_on_the_message_and_in_its_standing(
    strict_app: Any, in_process: Any
) -> None:
    async with in_process(strict_app()) as client:
        refused = (await send(client, "window")).json()  # the vendor says that it is closed
        with anyio.fail_after(30):
            while (await thread(client))["window"]["state"] != "closed":
                await anyio.sleep(0.01)
        assert "warnings" not in refused
        row = (await send(client)).json()
        (warning,) = row["warnings"]
        assert warning["code"] == "window_closed"
        shown = (await client.get(f"{API}/messages/{row['id']}")).json()
    assert shown["warnings"] == row["warnings"]
    assert warning["advice"] in " ".join(shown["standing"]["why"])


async def test_closed_window_is_a_problem_where_the_account_refuses(
    strict_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(strict_app(window="refuse")) as client:
        await send(client, "window")
        with anyio.fail_after(30):
            while (await thread(client))["window"]["state"] != "closed":
                await anyio.sleep(0.01)
        refused(await send(client), 422, "window_closed")
        assert (await thread(client))["messages"] == 1


async def test_opt_out_is_a_problem_and_stands_in_the_thread(
    strict_app: Any, in_process: Any, signed: Any, refused: Any
) -> None:
    async with in_process(strict_app()) as client:
        await send(client, "promo")
        await hear(client, signed, **{"from": PERSON, "allowed": False})
        refused(await send(client, "promo"), 422, "opted_out")
        assert (await send(client, "promo", OTHER)).status_code == 202
        rows = (await client.get(f"{API}/conversations")).json()["items"]
        (row,) = [one for one in rows if one["person"] == PERSON]
        shown = (await client.get(f"{API}/conversations/{row['id']}")).json()
    (preference,) = shown["preferences"]
    assert (preference["category"], preference["allowed"]) == ("marketing", False)


async def test_threads_of_one_person_become_one(
    strict_app: Any, in_process: Any, signed: Any
) -> None:
    """The younger one's id answers with the older one, also for messages and events."""
    async with in_process(strict_app()) as client:
        older = (await send(client, to=PERSON)).json()
        younger = (await send(client, to=OTHER)).json()
        await hear(client, signed, **{"from": OTHER, "is": PERSON})
        row = await thread(client)
        assert (row["id"], row["messages"]) == (older["conversation_id"], 2)
        for asked in (older["conversation_id"], younger["conversation_id"]):
            shown = (await client.get(f"{API}/conversations/{asked}")).json()
            assert shown["id"] == row["id"]
            page = await client.get(f"{API}/messages?conversation_id={asked}")
            assert {one["id"] for one in page.json()["items"]} == {older["id"], younger["id"]}
            log = await client.get(
                f"{API}/events?after=0&conversation_id={asked}",
                headers={"accept": "application/json"},
            )
            told = {one["subject"] for one in log.json()["items"] if one.get("subject")}
            assert told == {older["id"], younger["id"]}


async def test_conversation_nobody_knows_is_not_found(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        refused(await client.get(f"{API}/conversations/nothing"), 404, "unknown_conversation")
