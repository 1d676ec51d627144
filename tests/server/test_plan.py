"""`POST /messages/plan`: what would become of a message."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
PLAN = f"{API}/messages/plan"
BODY = {"to": "15550100001", "text": "canary words"}


async def test_a_plan_tells_account_needs_and_standing(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        answer = await client.post(PLAN, json=BODY)
        page = {"accept": "application/json"}
        assert (await client.get(f"{API}/messages")).json()["items"] == []
        assert (await client.get(f"{API}/events", headers=page)).json()["items"] == []
    plan = answer.json()
    assert answer.status_code == 200
    assert (plan["account"], plan["provider"], plan["to"]) == ("shop", "acme_sms", "15550100001")
    assert plan["capabilities"] == ["text"]
    assert plan["standing"]["state"] == "queued"
    assert plan["standing"]["why"][0] == "It is due now."
    assert "payload" not in plan
    assert "canary" not in answer.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**BODY, "account": "nobody"}, "unknown_account"),
        ({**BODY, "to": "no number"}, "invalid_address"),
        ({**BODY, "text": "too long"}, "rejected"),
        (
            {"to": "15550100001", "content": {"type": "reaction", "target": "x", "emoji": "x"}},
            "unsupported_content",
        ),
        (
            {**BODY, "expires_at": "2026-01-01T00:00:00Z", "send_at": "2026-12-01T00:00:00Z"},
            "invalid_message",
        ),
    ],
)
async def test_what_no_person_can_be_sent_is_the_problem_of_a_send(
    make_app: Any, in_process: Any, refused: Any, body: dict[str, Any], code: str
) -> None:
    async with in_process(make_app()) as client:
        planned = refused(await client.post(PLAN, json=body), 422, code)
        sent = refused(await client.post(f"{API}/messages", json=body), 422, code)
    assert planned["detail"] == sent["detail"]


async def test_a_plan_of_a_paused_account_says_so(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        await client.post(f"{API}/accounts/shop/pause", json={"reason": "a campaign"})
        plan = (await client.post(PLAN, json=BODY)).json()
    assert "paused" in plan["standing"]["why"][0]
    assert "next_at" not in plan["standing"]
