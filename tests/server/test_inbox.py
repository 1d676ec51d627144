"""The inbox over HTTP: what was set aside, the raw webhook, another try, and giving up."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

import relevo
from relevo_server import create_app

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
HOOK = f"{API}/webhooks/shop"


async def set_aside(client: Any, count: int = 1) -> list[dict[str, Any]]:
    with anyio.fail_after(30):
        while len(items := (await client.get(f"{API}/inbox")).json()["items"]) < count:
            await anyio.sleep(0.01)
    return list(items)


async def test_item_that_was_set_aside_is_listed_with_its_reason(
    make_app: Any, in_process: Any, signed: Any
) -> None:
    async with in_process(make_app()) as client:
        assert (await client.get(f"{API}/inbox")).json() == {"items": [], "next": None}
        await client.post(HOOK, **signed(["junk"]))
        item = (await set_aside(client))[0]
    assert item["account"] == "shop"
    assert item["fault"]["code"] == "webhook_malformed"
    assert item["fault"]["message"] == "Acme sends objects."
    assert "parse_item" in item["fault"]["traceback"]
    assert item["raw"] == ["junk"]
    assert item["updated_at"]


async def test_list_has_pages_and_knows_accounts(
    make_app: Any, in_process: Any, signed: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        for number in range(3):
            await client.post(HOOK, **signed([number]))
        newest = await set_aside(client, 3)
        first = (await client.get(f"{API}/inbox?limit=2")).json()
        rest = (await client.get(f"{API}/inbox?limit=2&cursor={first['next']}")).json()
        assert [*first["items"], *rest["items"]] == newest
        assert rest["next"] is None
        assert (await client.get(f"{API}/inbox?account=nobody")).status_code == 422
        refused(await client.get(f"{API}/inbox?cursor=x"), 400, "invalid_cursor")
        # Rightly written, and yet of another list.
        refused(await client.get(f"{API}/inbox?cursor=eHg"), 400, "invalid_cursor")


async def test_raw_webhook_is_shown_without_what_proves_it(
    make_app: Any, in_process: Any, signed: Any
) -> None:
    async with in_process(make_app()) as client:
        request = signed(b'["junk", "\xc3\xa9"]')
        request["headers"] |= {"content-type": "application/json", "x-token": "canary"}
        await client.post(f"{HOOK}?secret=canary", **request)
        (item,) = await set_aside(client)
        answer = await client.get(f"{API}/inbox/{item['webhook_id']}")
    shown = answer.json()
    assert (shown["state"], shown["set_aside"]) == ("quarantined", [item])
    assert shown["headers"]["host"] == "127.0.0.1:7062"
    assert shown["body"] == '["junk", "é"]'
    assert "body_base64" not in shown
    assert shown["headers"]["content-type"] == "application/json"
    assert shown["headers"]["x-acme-signature"] == "***"
    assert shown["query"] == {"secret": "***"}
    assert (shown["method"], shown["path"], shown["account"]) == ("POST", HOOK, "shop")
    assert request["headers"]["x-acme-signature"] not in answer.text
    assert "canary" not in answer.text


async def test_body_that_is_no_text_is_shown_as_base64(
    make_app: Any, in_process: Any, signed: Any
) -> None:
    async with in_process(make_app()) as client:
        await client.post(HOOK, **signed(b"\xff\x00"))
        webhook_id = (await set_aside(client))[0]["webhook_id"]
        shown = (await client.get(f"{API}/inbox/{webhook_id}")).json()
    assert shown["body_base64"] == "/wA="
    assert "body" not in shown


@pytest.mark.parametrize("webhook_id", ["77", "0", "-1", "x", "9" * 30, "٣"])
async def test_webhook_nobody_knows_is_404(
    webhook_id: str, make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        refused(await client.get(f"{API}/inbox/{webhook_id}"), 404, "unknown_webhook")


async def test_replay_applies_what_a_mended_parser_understands(
    make_settings: Any, acme: Any, in_process: Any, signed: Any, refused: Any
) -> None:
    broken = True

    class Mended(acme):  # type: ignore[misc]
        def parse_item(self, item: relevo.WebhookItem) -> list[relevo.ProviderEvent]:
            if broken:
                msg = "canary"
                raise LookupError(msg)
            return list(super().parse_item(item))

    async with in_process(create_app(make_settings(), providers=[Mended])) as client:
        await client.post(HOOK, **signed({"from": "15550100001", "text": "buenas"}))
        item = (await set_aside(client))[0]
        assert "canary" not in str(item["fault"])
        for verb in ("replay", "discard"):
            nobody = await client.post(f"{API}/inbox/{verb}", json={"account": "nobody"})
            refused(nobody, 422, "unknown_account")
        broken = False
        again = await client.post(f"{API}/inbox/replay", json={"webhook_ids": [item["webhook_id"]]})
        assert again.json() == {"items": [item["webhook_id"]], "more": False}
        with anyio.fail_after(30):
            while (await client.get(f"{API}/inbox")).json()["items"]:
                await anyio.sleep(0.01)
        messages = (await client.get(f"{API}/messages")).json()["items"]
        assert [message["content"]["body"] for message in messages] == ["buenas"]
        everything = {"all_accounts": True}
        assert (await client.post(f"{API}/inbox/replay", json=everything)).json()["items"] == []


@pytest.mark.parametrize("body", [{"webhook_ids": []}, {"webhook_ids": [0]}, {"ids": [1]}])
async def test_replay_with_a_wrong_choice_is_refused(
    body: Any, make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        refused(await client.post(f"{API}/inbox/replay", json=body), 422, "invalid_body")


async def test_discarded_items_are_neither_listed_nor_warned_of_nor_replayed(
    make_app: Any, in_process: Any, signed: Any
) -> None:
    """But for a replay that asks for them; the log tells, and the raw webhook stays."""
    async with in_process(make_app()) as client:
        for number in range(2):
            await client.post(HOOK, **signed([number]))
        newest, oldest = await set_aside(client, 2)
        named = {"webhook_ids": [newest["webhook_id"]], "key": newest["key"]}
        gone = {name: newest[name] for name in ("webhook_id", "account", "key")}
        answer = await client.post(f"{API}/inbox/discard", json=named)
        assert answer.json() == {"items": [gone], "more": False}
        assert (await client.get(f"{API}/inbox")).json()["items"] == [oldest]
        answer = await client.post(f"{API}/inbox/discard", json={"account": "shop"})
        assert [item["key"] for item in answer.json()["items"]] == [oldest["key"]]
        ready = (await client.get("/health/ready")).json()
        assert not any("set aside" in warning for warning in ready.get("warnings") or ())
        shown = (await client.get(f"{API}/inbox/{newest['webhook_id']}")).json()
        assert (shown["body"], shown["state"], shown["set_aside"]) == ("[1]", "done", [])
        everything = {"all_accounts": True}
        assert (await client.post(f"{API}/inbox/replay", json=everything)).json()["items"] == []
        page = {"type": "webhook"}
        told = await client.get(
            f"{API}/events", params=page, headers={"accept": "application/json"}
        )
        states = [event["data"]["state"] for event in told.json()["items"]]
        assert {event["data"]["provider"] for event in told.json()["items"]} == {"acme_sms"}
        assert states == ["quarantined", "quarantined", "discarded", "discarded"]
        back = {"webhook_ids": [newest["webhook_id"]], "discarded": True}
        again = await client.post(f"{API}/inbox/replay", json=back)
        assert again.json() == {"items": [newest["webhook_id"]], "more": False}
        assert (await set_aside(client))[0]["key"] == newest["key"]


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("discard", {}),
        ("discard", {"key": "x"}),
        ("discard", {"webhook_ids": []}),
        ("discard", {"account": "shop", "discarded": True}),
        ("replay", {}),
        ("replay", {"all_accounts": False}),
        ("replay", {"all_accounts": True, "account": "shop"}),
        ("replay", {"all_accounts": True, "webhook_ids": [1]}),
        ("replay", {"discarded": True}),
        ("replay", {"account": "shop", "discarded": True}),
    ],
)
async def test_nothing_is_discarded_or_brought_back_by_accident(
    verb: str, body: Any, make_app: Any, in_process: Any, refused: Any
) -> None:
    """It has to be said of what."""
    async with in_process(make_app()) as client:
        refused(await client.post(f"{API}/inbox/{verb}", json=body), 422, "invalid_body")
