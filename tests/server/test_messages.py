from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

import relevo
from relevo_server.requests.preferences import parse_preferences

pytestmark = pytest.mark.anyio

MESSAGES = "/api/v1/messaging/messages"
PERSON = "15550100001"
NOBODYS = "7b1e5a52-6f0c-4c11-9d53-0f6a2d3c4b5e"
QUICK = {"attempt_s": 0.5, "lease_s": 5, "max_attempts": 1}


def text(body: str, **more: Any) -> dict[str, Any]:
    return {"to": PERSON, "text": body, **more}


async def test_send_answers_202_with_the_row_and_where_it_is(
    make_app: Any, in_process: Any, settled: Any
) -> None:
    async with in_process(make_app()) as client:
        answer = await client.post(MESSAGES, json=text("hola", account="shop"))
        row = answer.json()
        assert answer.status_code == 202
        assert answer.headers["location"] == f"{MESSAGES}/{row['id']}"
        assert row["status"] == "queued"
        assert set(row) == {
            "id", "direction", "status", "account", "provider", "to", "conversation_id",
            "content", "provider_message_id", "attempt_count", "handovers", "priority",
            "created_at", "updated_at", "expires_at",
        }  # fmt: skip
        assert row["to"] == PERSON
        assert row["content"] == {"type": "text", "body": "hola", "preview_url": False}
        shown = await settled(client, row["id"], "accepted")
        assert (await client.get(answer.headers["location"])).json() == shown


async def test_content_may_be_written_in_full(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        body = {"to": PERSON, "content": {"type": "text", "body": "hola"}}
        answer = await client.post(MESSAGES, json=body)
    assert answer.json()["content"]["body"] == "hola"


async def test_extra_is_given_back_with_the_message_and_in_its_events(
    make_app: Any, in_process: Any, settled: Any
) -> None:
    extra = {"reference": "order-77", "deep": {"a": [1, None]}}
    async with in_process(make_app()) as client:
        row = (await client.post(MESSAGES, json=text("hola", extra=extra))).json()
        assert row["extra"] == extra
        assert (await settled(client, row["id"], "accepted"))["extra"] == extra
        log = await client.get(
            "/api/v1/messaging/events?after=0", headers={"accept": "application/json"}
        )
        told = [event["data"] for event in log.json()["items"]]
        assert told
        assert all(data["extra"] == extra for data in told)


async def test_what_the_vendor_would_surely_refuse_is_refused_and_not_kept(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        problem = refused(await client.post(MESSAGES, json=text("too long")), 422, "rejected")
        assert (await client.get(MESSAGES)).json()["items"] == []
    assert problem["detail"] == "Account 'shop': content.body is longer than Acme takes."
    assert "message_id" not in problem


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ({"type": "image", "id": "1"}, "unsupported_content", "cannot carry image"),
        ({"type": "acme_sms.poll"}, "unsupported_content", "cannot carry 'acme_sms.poll'"),
        ({"type": "pigeon"}, "invalid_body", "content: type has to be text, template, image"),
        ({"type": "image"}, "invalid_body", "content: give exactly one of link, id"),
    ],
)
async def test_content_that_cannot_be_sent_says_why(
    make_app: Any, in_process: Any, refused: Any, content: Any, code: str, said: str
) -> None:
    async with in_process(make_app()) as client:
        answer = await client.post(MESSAGES, json={"to": PERSON, "content": content})
    assert said in refused(answer, 422, code)["detail"]


async def test_prefer_wait_answers_200_with_the_receipt(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        answer = await client.post(MESSAGES, json=text("hola"), headers={"Prefer": "wait=5"})
    row = answer.json()
    assert answer.status_code == 200
    assert answer.headers["preference-applied"] == "wait=5"
    assert row["status"] == "accepted"
    assert row["receipt"] == {
        "provider_message_id": f"acme-{row['id']}",
        "raw": {"messages": [{"id": f"acme-{row['id']}"}]},
    }


@pytest.mark.parametrize(
    ("word", "status", "code", "provider_code"),
    [
        ("reject", 422, "rejected", "77"),
        ("window", 422, "window_closed", "131047"),
        ("away", 503, "unavailable", None),
        ("cut", 504, "outcome_unknown", None),
    ],
)
async def test_prefer_wait_tells_a_final_refusal_and_names_the_message(
    make_app: Any,
    in_process: Any,
    refused: Any,
    word: str,
    status: int,
    code: str,
    provider_code: str | None,
) -> None:
    app = make_app(worker=QUICK)
    async with in_process(app) as client:
        answer = await client.post(MESSAGES, json=text(word), headers={"Prefer": "wait=5"})
        problem = refused(answer, status, code)
        assert problem.get("provider_code") == provider_code
        listed = (await client.get(MESSAGES)).json()["items"]
    assert problem["message_id"] == listed[0]["id"]
    assert listed[0]["error"]["code"] == code


async def test_prefer_wait_answers_202_while_it_is_pending(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app(worker={"attempt_s": 2, "lease_s": 5})) as client:
        prefer = {"Prefer": "respond-async, wait=1"}
        answer = await client.post(MESSAGES, json=text("hang"), headers=prefer)
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "wait=1, respond-async"
    row = answer.json()
    assert "receipt" not in row
    # As it is when the wait is over, not as it was accepted.
    assert (row["status"], row["attempt_count"]) == ("sending", 1)


@pytest.mark.parametrize(
    ("header", "wait_s", "respond_async"),
    [
        (None, None, False),
        ("wait=10", 10, False),
        ("wait=10, wait=20", 10, False),
        ("respond-async, WAIT=5; foo", 5, True),
        ("wait=600", 60, False),
        ("wait=99999999999999999999", 60, False),
        ("wait=-1", None, False),
        ("wait=soon, return=minimal", None, False),
        ('wait="7"', 7, False),
        (",,;=", None, False),
        ('x="a, wait=9", wait=3', 3, False),
        ("foo; wait=9, respond-async", None, True),
    ],
)
def test_preferences_are_read_leniently(
    header: str | None, wait_s: int | None, *, respond_async: bool
) -> None:
    read = parse_preferences(header)
    assert (read.wait_s, read.respond_async) == (wait_s, respond_async)


async def test_a_wait_that_is_no_number_is_told_to_who_asks_strictly(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        lenient = await client.post(MESSAGES, json=text("hola"), headers={"Prefer": "wait=soon"})
        strict = {"Prefer": "handling=strict, wait=soon"}
        problem = refused(
            await client.post(MESSAGES, json=text("hola"), headers=strict), 400, "invalid_parameter"
        )
        good = await client.post(
            MESSAGES, json=text("hola"), headers=[("Prefer", "handling=strict"), ("Prefer", "foo")]
        )
    assert lenient.status_code == 202
    assert "preference-applied" not in lenient.headers
    assert problem["errors"][0]["field"] == "Prefer"
    assert good.headers["preference-applied"] == "handling=strict"


async def test_a_message_for_later_is_not_waited_for(make_app: Any, in_process: Any) -> None:
    """Its time is far away: the answer comes at once, and says no wait was kept."""
    later = {**text("hola"), "send_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
    async with in_process(make_app()) as client:
        with anyio.fail_after(30):
            answer = await client.post(
                MESSAGES, json=later, headers={"Prefer": "wait=60, respond-async"}
            )
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "respond-async"


async def test_trouble_with_waiting_never_reads_like_a_refusal(
    make_app: Any, in_process: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message was accepted: an error would make the client send it again."""

    async def break_down(*_: object, **__: object) -> relevo.Receipt:
        msg = "The store went away."
        raise relevo.EngineUnavailable(msg)

    async with in_process(make_app()) as client:
        monkeypatch.setattr(relevo.Dispatcher, "wait", break_down)
        answer = await client.post(MESSAGES, json=text("hola"), headers={"Prefer": "wait=5"})
        assert answer.status_code == 202
        assert (await client.get(f"{MESSAGES}/{answer.json()['id']}")).status_code == 200


async def test_the_store_away_answers_503_with_retry_after(
    make_app: Any, in_process: Any, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        msg = "Too many writes wait."
        raise relevo.EngineBusy(msg)

    async with in_process(make_app()) as client:
        with monkeypatch.context() as patch:
            patch.setattr(relevo.Dispatcher, "accept", refuse)
            answer = await client.post(MESSAGES, json=text("hola"))
            refused(answer, 503, "engine_busy")
            assert answer.headers["retry-after"] == "1"
        assert (await client.post(MESSAGES, json=text("hola"))).status_code == 202


async def test_both_directions_are_listed_newest_first(
    make_app: Any, in_process: Any, signed: Any
) -> None:
    async with in_process(make_app()) as client:
        sent = (await client.post(MESSAGES, json=text("hola"))).json()
        webhook = signed({"from": PERSON, "text": "buenas"})
        await client.post("/api/v1/messaging/webhooks/shop", **webhook)
        with anyio.fail_after(30):
            while len(items := (await client.get(MESSAGES)).json()["items"]) < 2:
                await anyio.sleep(0.01)
        inbound, outbound = items
        assert (inbound["direction"], inbound["sender"]) == ("in", PERSON)
        assert "to" not in inbound
        assert outbound["id"] == sent["id"]
        assert inbound["conversation_id"] == outbound["conversation_id"]

        for query, found in (
            ("direction=in", [inbound["id"]]),
            ("direction=out", [sent["id"]]),
            ("status=failed", []),
            (f"conversation_id={inbound['conversation_id']}", [inbound["id"], sent["id"]]),
        ):
            listed = (await client.get(f"{MESSAGES}?{query}")).json()["items"]
            assert [row["id"] for row in listed] == found, query

        shown = (await client.get(f"{MESSAGES}/{inbound['id']}")).json()
        assert shown["raw"] == {"from": PERSON, "text": "buenas"}
        assert shown["attempts"] == []
        threads = (await client.get("/api/v1/messaging/conversations")).json()["items"]
    assert len(threads) == 1
    assert threads[0]["messages"] == 2
    assert threads[0]["person"] == PERSON
    assert threads[0]["last_message_id"] == inbound["id"]


@pytest.mark.parametrize("path", ["messages", "conversations"])
async def test_pages_give_every_row_once(make_app: Any, in_process: Any, path: str) -> None:
    async with in_process(make_app()) as client:
        for number in range(7):
            body = {"to": f"1555010000{number}", "text": "hola"}
            assert (await client.post(MESSAGES, json=body)).status_code == 202
        seen: list[str] = []
        cursor: str | None = None
        pages = 0
        while pages == 0 or cursor:
            query = {"limit": "3", **({"cursor": cursor} if cursor else {})}
            page = (await client.get(f"/api/v1/messaging/{path}", params=query)).json()
            seen += [row["id"] for row in page["items"]]
            cursor = page.get("next")
            pages += 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == 7


async def test_cursor_is_taken_by_its_own_list_and_filters_only(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    """And it does not tell where in the store the page ended."""
    async with in_process(make_app()) as client:
        for number in range(3):
            body = {"to": f"1555010000{number}", "text": "hola"}
            assert (await client.post(MESSAGES, json=body)).status_code == 202
        filtered = {"direction": "out", "limit": "1"}
        cursor = (await client.get(MESSAGES, params=filtered)).json()["next"]
        # How many rows are on a page is no filter.
        more = await client.get(MESSAGES, params={"direction": "out", "cursor": cursor})
        assert len(more.json()["items"]) == 2
        for path, query in (
            (MESSAGES, {}),
            (MESSAGES, {"direction": "in"}),
            (MESSAGES, {"direction": "out", "dead": "false"}),
            ("/api/v1/messaging/conversations", {}),
        ):
            answer = await client.get(path, params={**query, "cursor": cursor})
            refused(answer, 400, "invalid_cursor")
        forged = base64.urlsafe_b64encode(b"2").decode().rstrip("=")
        for other in (forged, cursor[:-4], cursor + "AAAA", "A" + cursor[1:]):
            if other != cursor:
                answer = await client.get(MESSAGES, params={"direction": "out", "cursor": other})
                refused(answer, 400, "invalid_cursor")
        assert b"\0\0" not in base64.urlsafe_b64decode(cursor + "==")


async def test_cursor_outlives_a_restart(make_app: Any, in_process: Any, tmp_path: Path) -> None:
    settings = {"engine": f"sqlite:///{tmp_path / 'kept.db'}"}
    async with in_process(make_app(**settings)) as client:
        for number in range(2):
            body = {"to": f"1555010000{number}", "text": "hola"}
            assert (await client.post(MESSAGES, json=body)).status_code == 202
        cursor = (await client.get(MESSAGES, params={"limit": 1})).json()["next"]
    async with in_process(make_app(**settings)) as client:
        rest = await client.get(MESSAGES, params={"limit": 1, "cursor": cursor})
        assert len(rest.json()["items"]) == 1


async def test_one_message_shows_attempts_statuses_and_raw(
    make_app: Any, in_process: Any, signed: Any, settled: Any
) -> None:
    async with in_process(make_app()) as client:
        sent = (await client.post(MESSAGES, json=text("hola"))).json()
        await settled(client, sent["id"], "accepted")
        for status in ("delivered", "sent"):
            news = signed({"id": f"acme-{sent['id']}", "status": status})
            await client.post("/api/v1/messaging/webhooks/shop", **news)
        with anyio.fail_after(30):
            while True:
                shown = await settled(client, sent["id"], "delivered")
                if len(shown["statuses"]) == 2:
                    break
    assert shown["attempt_count"] == len(shown["attempts"]) == 1
    attempt = shown["attempts"][0]
    assert (attempt["number"], attempt["status"]) == (1, "accepted")
    assert attempt["provider_message_id"] == shown["provider_message_id"]
    assert [(one["status"], one["moved"]) for one in shown["statuses"]] == [
        ("delivered", True),
        ("sent", False),
    ]
    assert shown["raw"] == {"messages": [{"id": f"acme-{sent['id']}"}]}


async def test_cancel_withdraws_what_waits_and_refuses_what_began(
    make_app: Any, in_process: Any, settled: Any, refused: Any
) -> None:
    async with in_process(make_app(worker={"attempt_s": 1, "lease_s": 5})) as client:
        first = (await client.post(MESSAGES, json=text("hang"))).json()
        second = (await client.post(MESSAGES, json=text("hola"))).json()
        await settled(client, first["id"], "sending")
        for _ in range(2):
            answer = await client.post(f"{MESSAGES}/{second['id']}/cancel")
            assert answer.status_code == 200
            assert answer.json() == {"id": second["id"], "outcome": "cancelled"}
        problem = refused(await client.post(f"{MESSAGES}/{first['id']}/cancel"), 409, "too_late")
        assert problem["message_id"] == first["id"]
        assert "sending" in problem["detail"]


@pytest.mark.parametrize("message_id", [NOBODYS, "no-uuid", "1'%20OR%201"])
async def test_a_message_nobody_knows_is_404(
    make_app: Any, in_process: Any, refused: Any, message_id: str
) -> None:
    async with in_process(make_app()) as client:
        path = f"{MESSAGES}/{message_id}"
        refused(await client.get(path), 404, "unknown_message")
        refused(await client.post(f"{path}/cancel"), 404, "unknown_message")
