"""The canonical demo routes: the vendor's own words, once, at once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio

SEND = "/api/demo/messaging/acme/sms/send"
MESSAGES = "/api/v1/messaging/messages"
PERSON = "15550100001"
TWO = {
    name: {"provider": "acme_sms", "secret": "acme-webhook-secret"} for name in ("shop", "bakery")
}


def text(body: str) -> dict[str, Any]:
    return {"json": {"to": PERSON, "text": body}}


async def events(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    path = "/api/v1/messaging/events?type=messaging.outbound"
    answer = await client.get(path, headers={"accept": "application/json"})
    return list(answer.json()["items"])


async def test_success_is_the_vendors_own_json(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        answer = await client.post(SEND, **text("BSD prueba"))
        row = (await client.get(MESSAGES)).json()["items"][0]
        statuses = [event["data"]["status"] for event in await events(client)]
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"messages": [{"id": f"acme-{row['id']}"}]}
    assert statuses == ["queued", "sending", "accepted"]


@pytest.mark.parametrize(
    ("word", "status", "retry_after"),
    [("reject", 400, None), ("throttle", 429, "7"), ("auth", 401, None)],
)
async def test_a_refusal_is_passed_on_and_not_tried_again(
    make_app: Any, in_process: Any, word: str, status: int, retry_after: str | None
) -> None:
    async with in_process(make_app()) as client:
        answer = await client.post(SEND, **text(word))
        row = (await client.get(MESSAGES)).json()["items"][0]
        told = await events(client)
    assert answer.status_code == status
    assert answer.json() == {"error": {"code": 77, "word": word}}
    assert answer.headers.get("retry-after") == retry_after
    assert (row["status"], row["attempt_count"]) == ("failed", 1)
    assert told[-1]["data"]["status"] == "failed"


@pytest.mark.parametrize(
    ("word", "status", "code"),
    [
        ("refuse without a word", 502, "rejected"),
        ("away", 503, "not_handed_over"),
        ("cut", 504, "outcome_unknown"),
        ("mute", 502, "provider_answer_unreadable"),
    ],
)
async def test_without_words_of_the_vendor_a_problem_names_the_message(
    make_app: Any, in_process: Any, refused: Any, word: str, status: int, code: str
) -> None:
    async with in_process(make_app()) as client:
        problem = refused(await client.post(SEND, **text(word)), status, code)
        row = (await client.get(MESSAGES)).json()["items"][0]
    assert problem["message_id"] == row["id"]
    assert row["attempt_count"] == 1


async def test_what_is_not_handed_over_in_time_is_cancelled(
    make_app: Any, in_process: Any, refused: Any, settled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relevo_server.routes.demo.LIFE_S", 0.3)
    async with in_process(make_app(worker={"attempt_s": 1, "lease_s": 5})) as client:
        # The person's lane is held by a message whose attempt does not end.
        ahead = (await client.post(MESSAGES, **text("hang"))).json()
        await settled(client, ahead["id"], "sending")
        problem = refused(await client.post(SEND, **text("late")), 503, "not_handed_over")
        row = (await client.get(f"{MESSAGES}/{problem['message_id']}")).json()
    assert (row["status"], row["attempts"]) == ("cancelled", [])


async def test_an_attempt_that_does_not_end_in_time_is_an_unknown_outcome(
    make_app: Any, in_process: Any, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relevo_server.routes.demo.LIFE_S", 0.3)
    async with in_process(make_app(worker={"attempt_s": 1, "lease_s": 5})) as client:
        problem = refused(await client.post(SEND, **text("hang")), 504, "outcome_unknown")
        row = (await client.get(f"{MESSAGES}/{problem['message_id']}")).json()
    assert row["status"] == "sending"


async def test_the_account_is_the_configured_one_or_the_only_one(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app(accounts=TWO)) as client:
        problem = refused(await client.post(SEND, **text("hola")), 409, "several_demo_accounts")
        assert "demo_account" in problem["detail"]
    chosen = make_app(accounts=TWO, server={"demo_account": "bakery"})
    async with in_process(chosen) as client:
        assert (await client.post(SEND, **text("hola"))).status_code == 200
        assert (await client.get(MESSAGES)).json()["items"][0]["account"] == "bakery"
    async with in_process(make_app()) as client:
        other = "/api/demo/messaging/meta/whatsapp/send"
        problem = refused(await client.post(other, **text("hola")), 404, "no_demo_account")
        assert "meta_whatsapp" in problem["detail"]
