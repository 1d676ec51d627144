"""The same request twice is one message, if its client says that it is the same."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

pytestmark = pytest.mark.anyio

MESSAGES = "/api/v1/messaging/messages"
PERSON = "15550100001"
KEY = {"Idempotency-Key": "order-77"}


def text(body: str, **more: Any) -> dict[str, Any]:
    return {"to": PERSON, "text": body, **more}


async def listed(client: Any) -> list[str]:
    return [row["id"] for row in (await client.get(MESSAGES)).json()["items"]]


async def test_same_key_and_body_give_the_message_as_it_is_now(
    make_app: Any, in_process: Any, settled: Any
) -> None:
    async with in_process(make_app()) as client:
        first = await client.post(MESSAGES, json=text("hola"), headers=KEY)
        assert first.status_code == 202
        await settled(client, first.json()["id"], "accepted")
        again = await client.post(MESSAGES, json=text("hola"), headers=KEY)
        assert again.status_code == 200
        assert (again.json()["id"], again.json()["status"]) == (first.json()["id"], "accepted")
        assert again.headers["location"] == first.headers["location"]
        assert await listed(client) == [first.json()["id"]]


async def test_same_key_and_another_body_is_a_conflict(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        first = (await client.post(MESSAGES, json=text("hola"), headers=KEY)).json()
        other = await client.post(MESSAGES, json=text("chau"), headers=KEY)
        problem = refused(other, 409, "idempotency_conflict")
        assert first["id"] in problem["detail"]
        assert await listed(client) == [first["id"]]


async def test_without_a_key_or_with_another_it_is_another_message(
    make_app: Any, in_process: Any
) -> None:
    async with in_process(make_app()) as client:
        for headers in (KEY, {}, {}, {"Idempotency-Key": "order-78"}):
            answer = await client.post(MESSAGES, json=text("hola"), headers=headers)
            assert answer.status_code == 202
        assert len(await listed(client)) == 4


async def test_key_belongs_to_one_account(make_app: Any, in_process: Any) -> None:
    table = {"provider": "acme_sms", "secret": "acme-webhook-secret"}
    async with in_process(make_app(accounts={"shop": table, "desk": table})) as client:
        answers = [
            await client.post(MESSAGES, json=text("hola", account=account), headers=KEY)
            for account in ("shop", "desk", "desk")
        ]
    assert [answer.status_code for answer in answers] == [202, 202, 200]


async def test_waiting_with_a_known_key_gives_the_receipt_without_a_second_send(
    make_app: Any, in_process: Any
) -> None:
    async with in_process(make_app()) as client:
        headers = KEY | {"Prefer": "wait=5"}
        first = await client.post(MESSAGES, json=text("hola"), headers=headers)
        again = await client.post(MESSAGES, json=text("hola"), headers=headers)
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.json()["receipt"] == first.json()["receipt"]
        assert again.json()["attempt_count"] == 1


async def test_waiting_with_the_key_of_a_refused_message_tells_the_refusal_again(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        headers = KEY | {"Prefer": "wait=5"}
        first = refused(
            await client.post(MESSAGES, json=text("reject"), headers=headers), 422, "rejected"
        )
        again = refused(
            await client.post(MESSAGES, json=text("reject"), headers=headers), 422, "rejected"
        )
        assert again["message_id"] == first["message_id"]
        assert await listed(client) == [first["message_id"]]


async def test_many_at_once_with_one_key_make_one_message(make_app: Any, in_process: Any) -> None:
    ids: list[str] = []
    codes: list[int] = []
    async with in_process(make_app()) as client:

        async def send() -> None:
            answer = await client.post(MESSAGES, json=text("hola"), headers=KEY)
            ids.append(answer.json()["id"])
            codes.append(answer.status_code)

        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(send)
    assert len(set(ids)) == 1
    assert sorted(codes) == [200] * 19 + [202]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "is empty"),
        ("x" * 256, "is 256 characters long"),
        ("order 77", "its character 6 is a space"),
        ("órden", "its character 1 is outside ASCII, such as a letter with an accent"),
        ("café", "its character 4 is outside ASCII"),
        ("a\tb", "its character 2 is a control character"),
        ("\x7f", "its character 1 is a control character"),
    ],
)
async def test_key_that_cannot_stand_in_a_header_is_refused_and_nothing_kept(
    key: str, words: str, make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        headers = {"Idempotency-Key": key.encode("latin-1")}
        answer = await client.post(MESSAGES, json=text("hola"), headers=headers)
        problem = refused(answer, 422, "invalid_idempotency_key")
        assert not key or key not in problem["detail"]
        assert words in problem["detail"]
        assert "letters A-Z and a-z, digits, and ASCII punctuation" in problem["detail"]
        assert await listed(client) == []


@pytest.mark.parametrize("key", ["a", "x" * 255, '"8e03978e-40d5"', "!~"])
async def test_every_visible_key_is_taken(key: str, make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        headers = {"Idempotency-Key": key}
        answer = await client.post(MESSAGES, json=text("hola"), headers=headers)
    assert answer.status_code == 202
