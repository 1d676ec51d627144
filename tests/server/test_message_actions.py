"""What a person does with messages: schedule, cancel, send again, end a doubt, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

pytestmark = pytest.mark.anyio

MESSAGES = "/api/v1/messaging/messages"
PERSON = "15550100001"
QUICK = {"attempt_s": 2, "lease_s": 5, "max_attempts": 1}


def text(body: str, **more: Any) -> dict[str, Any]:
    return {"to": PERSON, "text": body, **more}


def at(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).isoformat()


async def post(client: Any, path: str, body: Any = None) -> Any:
    return await client.post(f"{MESSAGES}/{path}", json=body)


async def sent(client: Any, body: dict[str, Any]) -> str:
    answer = await client.post(MESSAGES, json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def test_message_waits_for_its_time_and_says_so(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        body = text("hola", send_at=at(days=2), priority="bulk", on_unknown="resend")
        row = (await client.post(MESSAGES, json=body)).json()
        assert (row["status"], row["priority"], row["on_unknown"]) == (
            "scheduled", "bulk", "resend",
        )  # fmt: skip
        send_at = datetime.fromisoformat(row["send_at"])
        life = datetime.fromisoformat(row["expires_at"]) - send_at
        assert life == timedelta(days=1)
        assert "closed_at" not in row
        standing = (await client.get(f"{MESSAGES}/{row['id']}")).json()["standing"]
        assert standing["state"] == "scheduled"
        assert standing["why"]
        assert standing["next"]
        assert datetime.fromisoformat(standing["next_at"]) == send_at
        cancelled = await post(client, f"{row['id']}/cancel")
        assert cancelled.json()["outcome"] == "cancelled"


async def test_time_that_is_past_means_now(make_app: Any, in_process: Any, settled: Any) -> None:
    async with in_process(make_app()) as client:
        for moment in (at(days=-3), at(milliseconds=50)):
            message_id = await sent(client, text("hola", send_at=moment))
            row = await settled(client, message_id, "accepted")
            assert datetime.fromisoformat(row["expires_at"]) > datetime.now(UTC)
            assert row["handovers"] == 1
            assert row["closed_at"]


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ({"send_at": {"days": 367}}, "send_at"),
        ({"send_at": {"hours": 2}, "expires_at": {"hours": 1}}, "expires_at is not after"),
        ({"expires_at": {"seconds": -1}}, "expires_at is past"),
        ({"send_at": {"hours": -2}, "expires_at": {"hours": -1}}, "expires_at is past"),
    ],
)
async def test_times_that_cannot_work_are_refused(
    times: dict[str, dict[str, float]], words: str, make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        body = text("hola", **{name: at(**delta) for name, delta in times.items()})
        problem = refused(await client.post(MESSAGES, json=body), 422, "invalid_message")
        assert words in problem["detail"]
        assert (await client.get(MESSAGES)).json()["items"] == []


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
async def test_moments_at_the_edge_of_the_calendar_break_nothing(
    engine: str, make_app: Any, in_process: Any, refused: Any, tmp_path: Any
) -> None:
    """A moment that no store could give back would break every list it stands in."""
    address = engine if engine == "memory" else f"sqlite:///{tmp_path}/edge.db"
    async with in_process(make_app(engine=address)) as client:
        for moment in ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"):
            for name in ("expires_at", "send_at"):
                answer = await client.post(MESSAGES, json=text("hola", **{name: moment}))
                problem = refused(answer, 422, "invalid_body")
                assert problem["errors"][0]["field"] == name
            answer = await post(client, "replay", {"closed_from": moment})
            refused(answer, 422, "invalid_body")
        last, first = "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"
        for times in ({"expires_at": last}, {"send_at": first}):
            answer = await client.post(MESSAGES, json=text("hola", **times))
            assert answer.status_code == 202
        answer = await client.post(MESSAGES, json=text("hola", expires_at=first))
        refused(answer, 422, "invalid_message")
        assert len((await client.get(MESSAGES)).json()["items"]) == 2


@pytest.mark.parametrize("field", ["send_at", "expires_at"])
@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (1764000000, "it is no moment"),
        (1764000000.5, "it is no moment"),
        ("1764000000", "it is no moment"),
        (True, "it is no moment"),
        ("tomorrow", "it is no moment"),
        ("2026-11-22T10:00:00", "does not say its offset from UTC"),
        ("2026-11-22", "does not say its offset from UTC"),
    ],
)
async def test_moment_that_is_not_written_out_is_refused_with_an_example(
    field: str, moment: object, words: str, make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        answer = await client.post(MESSAGES, json=text("hola", **{field: moment}))
        problem = refused(answer, 422, "invalid_body")
    assert [error["field"] for error in problem["errors"]] == [field]
    for wanted in (words, "ISO 8601 with an offset", "2026-11-22T10:00:00-03:00"):
        assert wanted in problem["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("priority", "urgent"), ("on_unknown", "guess"), ("send_at", "2026-11-22T10:00:00")],
)
async def test_wrong_choice_is_named(
    field: str, value: str, make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        answer = await client.post(MESSAGES, json=text("hola", **{field: value}))
        problem = refused(answer, 422, "invalid_body")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_given_up_message_is_sent_again_with_fresh_attempts(
    make_app: Any, in_process: Any, settled: Any
) -> None:
    async with in_process(make_app(worker=QUICK)) as client:
        message_id = await sent(client, text("away"))
        row = await settled(client, message_id, "failed")
        assert row["handovers"] == 0
        assert "retry" in row["standing"]["next"]
        answer = await post(client, f"{message_id}/retry")
        assert answer.status_code == 200
        assert answer.json()["status"] == "queued"
        assert "closed_at" not in answer.json()
        row = await settled(client, message_id, "failed")
        assert [attempt["number"] for attempt in row["attempts"]] == [1, 2]


async def test_message_that_was_taken_or_waits_is_not_sent_again(
    make_app: Any, in_process: Any, settled: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        taken = await sent(client, text("hola"))
        await settled(client, taken, "accepted")
        waits = await sent(client, text("hola", send_at=at(days=1)))
        for message_id in (taken, waits):
            refused(await post(client, f"{message_id}/retry"), 409, "not_replayable")
        assert (await client.get(f"{MESSAGES}/{taken}")).json()["attempt_count"] == 1


@pytest.mark.parametrize(
    ("resolution", "status"), [("sent", "accepted"), ("not_sent", "failed"), ("resend", "queued")]
)
async def test_doubt_ends_as_a_person_says(
    resolution: str, status: str, make_app: Any, in_process: Any, settled: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        message_id = await sent(client, text("cut"))
        row = await settled(client, message_id, "unknown")
        assert any("hold" in sentence for sentence in row["standing"]["why"])
        assert "resolve" in row["standing"]["next"]
        refused(await post(client, f"{message_id}/retry"), 409, "not_replayable")
        answer = await post(client, f"{message_id}/resolve", {"resolution": resolution})
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == status
        row = (await client.get(f"{MESSAGES}/{message_id}")).json()
        attempt = row["attempts"][0]
        assert attempt["error"]["code"] == "outcome_unknown"
        assert (attempt["settled"]["resolution"], attempt["settled"]["why"]) == (
            resolution,
            "person",
        )
        assert "settled" not in (attempt.get("detail") or {})
        if resolution == "sent":
            assert "A person decided" in row["standing"]["why"][0]
        if resolution == "resend":
            row = await settled(client, message_id, "unknown")
            assert row["attempt_count"] == 2
        else:
            again = await post(client, f"{message_id}/resolve", {"resolution": resolution})
            refused(again, 409, "not_in_doubt")


async def test_messages_nobody_knows_are_404(make_app: Any, in_process: Any, refused: Any) -> None:
    async with in_process(make_app()) as client:
        for message_id in (str(uuid4()), "nothing"):
            for path, body in (("retry", None), ("resolve", {"resolution": "sent"})):
                answer = await post(client, f"{message_id}/{path}", body)
                refused(answer, 404, "unknown_message")


@pytest.mark.parametrize("body", [{}, {"resolution": "maybe"}, {"resolution": "sent", "why": "x"}])
async def test_wrong_resolution_is_refused(
    body: Any, make_app: Any, in_process: Any, settled: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        message_id = await sent(client, text("cut"))
        await settled(client, message_id, "unknown")
        refused(await post(client, f"{message_id}/resolve", body), 422, "invalid_body")
        assert (await client.get(f"{MESSAGES}/{message_id}")).json()["status"] == "unknown"


async def test_replay_chooses_by_account_error_and_time(
    make_app: Any, in_process: Any, settled: Any
) -> None:
    async with in_process(make_app(worker=QUICK)) as client:
        away = [await sent(client, text("away")) for _ in range(3)]
        rejected = await sent(client, text("reject"))
        for message_id in (*away, rejected):
            await settled(client, message_id, "failed")
        for body, found in (
            ({"closed_until": at(hours=-1)}, []),
            ({"created_until": at(hours=-1)}, []),
            ({"to": "15550100009"}, []),
            ({"status": ["expired"]}, []),
            ({"conversation_id": str(uuid4())}, []),
            ({"closed_from": at(hours=1)}, []),
            ({"error_code": "unavailable", "limit": 2}, away[:2]),
        ):
            answer = (await post(client, "replay", body)).json()
            assert answer == {"items": found, "more": bool(found)}, body
        for message_id in away:
            await settled(client, message_id, "failed")
        person = {"to": "+1 555 010-0001", "status": ["failed"], "created_from": at(hours=-1)}
        answer = (await post(client, "replay", {**person, "error_code": "rejected"})).json()
        assert answer["items"] == [rejected]
        await settled(client, rejected, "failed")
        answer = (await post(client, "replay", {"ids": [rejected]})).json()
        assert answer == {"items": [rejected], "more": False}
        row = await settled(client, rejected, "failed")
        assert row["attempt_count"] == 3


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "body", "names nothing; name ids, or at least one of account, to, status"),
        ({"limit": 5}, "body", "names nothing"),
        ({"ids": [f"{uuid4()}"], "to": "15550100001"}, "body", "give ids alone"),
        ({"status": ["queued"]}, "status.0", "'failed' or 'expired'"),
        ({"to": "nobody"}, "to", "is no address that the provider knows"),
    ],
)
async def test_replay_that_names_nothing_or_too_much_is_refused(
    body: dict[str, Any], field: str, words: str, make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        problem = refused(await post(client, "replay", body), 422, "invalid_body")
    assert [one["field"] for one in problem["errors"]] == [field]
    assert words in problem["detail"]


async def test_replay_by_ids_is_all_or_nothing(
    make_app: Any, in_process: Any, settled: Any, refused: Any
) -> None:
    async with in_process(make_app(worker=QUICK)) as client:
        failed, taken = [await sent(client, text(body)) for body in ("away", "hola")]
        await settled(client, failed, "failed")
        await settled(client, taken, "accepted")
        for ids, status, code in (
            ([failed, taken], 409, "not_replayable"),
            ([failed, str(uuid4())], 404, "unknown_message"),
        ):
            refused(await post(client, "replay", {"ids": ids}), status, code)
        assert (await client.get(f"{MESSAGES}/{failed}")).json()["attempt_count"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"limit": 5},
        {"ids": []},
        {"account": "shop", "ids": []},
        {"ids": ["nothing"]},
        {"account": "shop", "limit": 0},
        {"account": "shop", "limit": 1001},
        {"closed_from": "2026-11-22T10:00:00"},
    ],
)
async def test_replay_without_a_choice_is_refused(
    body: Any, make_app: Any, in_process: Any, refused: Any
) -> None:
    """An empty list must not mean all."""
    async with in_process(make_app()) as client:
        refused(await post(client, "replay", body), 422, "invalid_body")
