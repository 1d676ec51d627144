"""Many messages in one request, each judged by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import relevo

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
BATCH = f"{API}/messages/batch"


def item(number: int = 1, text: str = "hola", **more: Any) -> dict[str, Any]:
    return {"to": f"1555010{number:04}", "text": text, **more}


async def test_each_item_has_its_own_answer(make_app: Any, in_process: Any) -> None:
    """What is wrong with one is told at its place, as a single send would tell it."""
    items: list[Any] = [
        item(1),
        item(2, text=""),
        "no object",
        {**item(3), "txet": "x"},
        item(4, account="nobody"),
        {"to": "no number", "text": "hola"},
        item(5, idempotency_key="a key"),
        item(6, text="too long"),
        item(7),
    ]
    async with in_process(make_app()) as client:
        answer = await client.post(BATCH, json={"items": items})
        single = await client.post(f"{API}/messages", json=items[4])
        listed = (await client.get(f"{API}/messages")).json()["items"]
    assert answer.status_code == 200
    told = answer.json()
    assert (told["accepted"], told["refused"]) == (2, 7)
    assert [row["index"] for row in told["items"]] == list(range(9))
    codes = [row.get("problem", {}).get("code") for row in told["items"]]
    assert codes == [
        None,
        "invalid_body",
        "invalid_body",
        "invalid_body",
        "unknown_account",
        "invalid_address",
        "invalid_idempotency_key",
        "rejected",
        None,
    ]
    assert [row["status"] for row in told["items"]] == [202, *[422] * 7, 202]
    assert told["items"][3]["problem"]["errors"][0]["field"] == "txet"
    assert told["items"][4]["problem"]["detail"] == single.json()["detail"]
    kept = {row["message"]["id"] for row in told["items"] if "message" in row}
    assert kept == {row["id"] for row in listed[1:] + listed[:1]}


async def test_a_batch_again_makes_no_second_message(make_app: Any, in_process: Any) -> None:
    body = {"items": [item(n, idempotency_key=f"order-{n}") for n in range(5)]}
    async with in_process(make_app()) as client:
        first = (await client.post(BATCH, json=body)).json()["items"]
        again = (await client.post(BATCH, json=body)).json()["items"]
    assert [row["status"] for row in first] == [202] * 5
    assert [row["status"] for row in again] == [200] * 5
    assert [row["message"]["id"] for row in first] == [row["message"]["id"] for row in again]


async def test_messages_to_one_person_keep_their_order(make_app: Any, in_process: Any) -> None:
    items = [item(n % 2, text=str(n)) for n in range(40)]
    async with in_process(make_app()) as client:
        assert (await client.post(BATCH, json={"items": items})).json()["refused"] == 0
        listed = (await client.get(f"{API}/messages?limit=200")).json()["items"]
    for person in ("15550100000", "15550100001"):
        words = [int(row["content"]["body"]) for row in listed if row["to"] == person]
        assert words == sorted(words, reverse=True)
        assert len(words) == 20


@pytest.mark.parametrize("items", [[], [item(n) for n in range(1_001)], "none"])
async def test_no_item_and_too_many_refuse_the_whole(
    make_app: Any, in_process: Any, refused: Any, items: Any
) -> None:
    async with in_process(make_app()) as client:
        answer = await client.post(BATCH, json={"items": items})
        assert (await client.get(f"{API}/messages")).json()["items"] == []
    assert refused(answer, 422, "invalid_body")["errors"][0]["field"] == "items"


async def test_a_batch_has_room_of_its_own(make_app: Any, in_process: Any, refused: Any) -> None:
    """A thousand items fit where one message may be small; the limit is the batch's own."""
    items = [item(n, text="x" * 1_000) for n in range(50)]
    async with in_process(make_app(server={"max_body_bytes": 10_000})) as client:
        assert (await client.post(BATCH, json={"items": items})).json()["accepted"] == 50
    async with in_process(make_app(server={"max_batch_bytes": 10_000})) as client:
        refused(await client.post(BATCH, json={"items": items}), 413, "body_too_large")


async def test_a_store_that_goes_away_in_between_claims_nothing_falsely(
    make_app: Any, in_process: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each item that was not kept says 503 and when to ask again; those before it are there."""
    app = make_app()
    async with in_process(app) as client:
        engine = app.state["relevo_server"].engine
        accept: Callable[..., Awaitable[relevo.Accepted]] = engine.accept
        left = iter(range(3))

        async def accept_three(*args: Any, **more: Any) -> relevo.Accepted:
            if next(left, None) is None:
                await away()
            return await accept(*args, **more)

        async def away(*_: Any) -> None:
            msg = "The store is away."
            raise relevo.EngineUnavailable(msg)

        with monkeypatch.context() as broken:
            broken.setattr(engine, "accept", accept_three)
            broken.setattr(engine, "pulse", away)
            answer = await client.post(BATCH, json={"items": [item(1, str(n)) for n in range(8)]})
        listed = (await client.get(f"{API}/messages")).json()["items"]
    rows = answer.json()["items"]
    assert [row["status"] for row in rows] == [202] * 3 + [503] * 5
    assert {row["problem"]["code"] for row in rows[3:]} == {"engine_unavailable"}
    assert {row["problem"]["retry_after_s"] for row in rows[3:]} == {5}
    assert len(listed) == 3


async def test_a_thousand_items_are_one_request(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app(), None) as client:
        answer = await client.post(BATCH, json={"items": [item(n) for n in range(1_000)]})
    assert answer.json()["accepted"] == 1_000


async def test_a_key_that_cannot_be_one_is_named_by_its_field_and_a_header_refused(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        answer = await client.post(BATCH, json={"items": [item(1, idempotency_key="a b")]})
        (row,) = answer.json()["items"]
        assert "The field idempotency_key" in row["problem"]["detail"]
        whole = await client.post(
            BATCH, json={"items": [item(1)]}, headers={"Idempotency-Key": "one"}
        )
        problem = refused(whole, 422, "invalid_idempotency_key")
        assert "each item" in problem["detail"]
        twice = [("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
        body = {"to": "15550100001", "text": "hola"}
        single = await client.post(f"{API}/messages", json=body, headers=twice)
        refused(single, 422, "invalid_idempotency_key")
        assert (await client.get(f"{API}/messages")).json()["items"] == []
