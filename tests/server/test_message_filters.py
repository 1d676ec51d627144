"""Which messages a list gives."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
MESSAGES = f"{API}/messages"
QUICK = {"attempts": 1}


async def fill(client: Any, settled: Any) -> dict[str, str]:
    """Make one accepted, one dead and one inbound-less message of other people; give their ids."""
    ids = {}
    for word, to, status in (
        ("taken", "15550100001", "accepted"),
        ("reject", "15550100002", "failed"),
    ):
        sent = await client.post(MESSAGES, json={"to": to, "text": word})
        ids[word] = sent.json()["id"]
        await settled(client, ids[word], status)
    return ids


async def found(client: Any, **params: Any) -> list[str]:
    answer = await client.get(MESSAGES, params=params)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["items"]]


async def test_filters_choose(make_app: Any, in_process: Any, settled: Any) -> None:
    async with in_process(make_app()) as client:
        ids = await fill(client, settled)
        taken, dead = ids["taken"], ids["reject"]
        row = (await client.get(f"{MESSAGES}/{taken}")).json()
        assert await found(client, status=["failed", "accepted"]) == [dead, taken]
        assert await found(client, status=["failed"]) == [dead]
        assert await found(client, dead="true") == [dead]
        assert await found(client, dead="false") == [taken]
        assert await found(client, to="+1 555 010-0001") == [taken]
        assert await found(client, to="15550100001", account="shop") == [taken]
        assert await found(client, provider_message_id=row["provider_message_id"]) == [taken]
        assert await found(client, provider_message_id="nothing") == []
        assert await found(client, created_from=row["created_at"]) == [dead, taken]
        assert await found(client, created_until=row["created_at"]) == []
        assert await found(client, direction="in") == []
        assert await found(client, conversation_id=row["conversation_id"]) == [taken]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"created_from": "yesterday"}, "created_from"),
        ({"created_until": "2026-11-22"}, "created_until"),
        ({"created_from": "2026-11-22T10:00:00"}, "created_from"),
        ({"created_from": "1763805600"}, "created_from"),
        ({"to": "nobody"}, "to"),
        ({"conversation_id": "nope"}, "conversation_id"),
        ({"dead": "perhaps"}, "dead"),
        ({"status": ["failed", "canary"]}, "status"),
        ({"limit": "201"}, "limit"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_named_as_it_was_sent(
    make_app: Any, in_process: Any, refused: Any, params: dict[str, Any], field: str
) -> None:
    async with in_process(make_app()) as client:
        answer = await client.get(MESSAGES, params=params)
    problem = refused(answer, 400, "invalid_parameter")
    assert [one["field"] for one in problem["errors"]] == [field]
    assert "canary" not in answer.text


@pytest.mark.parametrize(
    ("path", "most"),
    [("/events", 500), ("/messages", 200), ("/conversations", 200), ("/inbox", 200)],
)
async def test_every_list_has_its_bounds(
    make_app: Any, in_process: Any, refused: Any, path: str, most: int
) -> None:
    page = {"accept": "application/json"}
    async with in_process(make_app()) as client:
        for limit, good in ((0, False), (1, True), (most, True), (most + 1, False)):
            answer = await client.get(f"{API}{path}?limit={limit}", headers=page)
            if good:
                assert answer.status_code == 200
            else:
                refused(answer, 400, "invalid_parameter")


async def test_types_of_events_have_short_words(
    make_app: Any, in_process: Any, refused: Any, settled: Any
) -> None:
    page = {"accept": "application/json"}
    async with in_process(make_app()) as client:
        await fill(client, settled)
        long = await client.get(f"{API}/events?type=messaging.outbound", headers=page)
        short = await client.get(f"{API}/events?type=outbound", headers=page)
        wrong = await client.get(f"{API}/events?type=canary", headers=page)
    assert short.json() == long.json()
    assert short.json()["items"]
    problem = refused(wrong, 400, "invalid_parameter")
    assert problem["errors"][0]["field"] == "type"
    assert "account" in problem["errors"][0]["reason"]
    assert "canary" not in wrong.text
