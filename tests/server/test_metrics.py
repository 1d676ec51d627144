"""Numbers for Prometheus: each tells what happened, and names nobody."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from prometheus_client.parser import text_string_to_metric_families

import relevo
from relevo_server.access.key_ring import LINGERS_S
from relevo_server.metrics.gauges import Look, families

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
PERSON = "15550100001"
Numbers = Callable[..., float | None]


async def _numbers(client: Any, **options: Any) -> Numbers:
    """Read them all, and look one up by its name and labels."""
    answer = await client.get("/metrics", **options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert PERSON not in answer.text
    samples = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    return lambda name, **labels: samples.get((name, frozenset(labels.items())))


async def test_what_was_done_is_counted_by_account_and_outcome(
    make_app: Any, in_process: Any, settled: Any, signed: Any
) -> None:
    """Accepted, attempted, handed over, told by the provider: each once."""
    whose = {"account": "shop", "provider": "acme_sms"}
    async with in_process(make_app()) as client:
        for text, status in (("hello", "accepted"), ("reject", "failed")):
            sent = await client.post(
                f"{API}/messages",
                json={"to": f"{PERSON[:-1]}{len(text)}", "text": text},
                headers={"idempotency-key": text},
            )
            shown = await settled(client, sent.json()["id"], status)
            if status == "accepted":
                taken = shown["provider_message_id"]
        await client.post(
            f"{API}/messages",
            json={"to": f"{PERSON[:-1]}5", "text": "hello"},
            headers={"idempotency-key": "hello"},
        )
        await client.post(f"{API}/webhooks/shop", **signed({"id": taken, "status": "delivered"}))
        await client.post(f"{API}/webhooks/shop", **signed([1]))
        with anyio.fail_after(30):
            while True:
                read = await _numbers(client)
                if read("relevo_webhook_lag_seconds_count", account="shop") == 2:
                    break
                await anyio.sleep(0.02)
        read = await _numbers(client)
    assert read("relevo_messages_accepted_total", **whose) == 2
    assert read("relevo_messages_handed_over_total", **whose) == 1
    assert read("relevo_attempts_total", **whose, outcome="accepted", code="") == 1
    assert read("relevo_attempts_total", **whose, outcome="failed", code="rejected") == 1
    assert read("relevo_attempt_seconds_count", **whose, outcome="accepted") == 1
    assert read("relevo_statuses_total", account="shop", status="delivered") == 1
    assert read("relevo_webhook_items_set_aside_total", account="shop") == 1
    assert read("relevo_inbox_set_aside") == 1
    assert read("relevo_dead_letters") == 1
    assert read("relevo_inbox_pending") == 0
    assert read("relevo_engine_up") == 1
    for call in ("accept", "claim", "complete"):
        assert (read("relevo_engine_call_seconds_count", call=call) or 0) > 0
    route = {"method": "POST", "route": f"{API}/messages"}
    assert read("relevo_http_requests_total", **route, status="202") == 2
    assert read("relevo_http_requests_total", **route, status="200") == 1
    assert read("relevo_http_request_seconds_count", **route) == 3


async def test_what_waits_is_read_off_the_store(
    make_app: Any, in_process: Any, settled: Any
) -> None:
    """A paused account's lane is blocked and grows old; a doubt is open until it is settled."""
    async with in_process(make_app()) as client:
        sent = await client.post(f"{API}/messages", json={"to": PERSON, "text": "cut"})
        await settled(client, sent.json()["id"], "unknown")
        doubtful = await _numbers(client)
        await client.post(
            f"{API}/messages/{sent.json()['id']}/resolve", json={"resolution": "sent"}
        )
        await client.post(f"{API}/accounts/shop/pause", json={"reason": "a test"})
        await client.post(f"{API}/messages", json={"to": PERSON, "text": "hello"})
        await anyio.sleep(0.05)
        read = await _numbers(client)
    assert (doubtful("relevo_doubts_open"), read("relevo_doubts_open")) == (1, 0)
    assert read("relevo_doubts_settled_total", account="shop", how="by_hand") == 1
    assert doubtful("relevo_lanes", account="shop", state="doubt") == 1
    assert read("relevo_lanes", account="shop", state="doubt") == 0
    assert read("relevo_lanes", account="shop", state="blocked") == 1
    assert read("relevo_lanes", account="shop", state="due") == 0
    assert (read("relevo_queue_age_seconds", account="shop") or 0) > 0
    assert read("relevo_messages", status="queued") == 1
    assert read("relevo_account_paused", account="shop") == 1
    assert read("relevo_processes", does="works") == 1
    assert read("relevo_processes", does="receives") == 1


def test_age_of_the_queue_counts_what_fails() -> None:
    """Else it would be 0 again with every retry, while nothing is handed over."""
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    lanes = relevo.LanePulse(
        due=1,
        due_since=now - timedelta(seconds=3),
        retry=4,
        failing_since=now - timedelta(seconds=200),
    )
    pulse = relevo.EnginePulse("memory", "e", 0, 0, 0, 0, 0, told_at=now, lanes={"shop": lanes})
    values = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families(Look(pulse, {}, (), ()))
        for sample in family.samples
    }
    assert values["relevo_lanes", "retry", "shop"] == 4
    assert values["relevo_queue_age_seconds", "shop"] == 200


async def test_rare_things_are_counted_from_zero(make_app: Any, in_process: Any) -> None:
    """An increase from nothing to 1 is none to Prometheus."""
    async with in_process(make_app()) as client:
        read = await _numbers(client)
    assert read("relevo_account_pauses_total", account="shop", code="auth_failed") == 0
    assert read("relevo_doubts_settled_total", account="shop", how="echo") == 0
    assert read("relevo_webhook_items_set_aside_total", account="shop") == 0


async def test_live_streams_are_counted_while_they_last(make_app: Any, over_http: Any) -> None:
    """One more while somebody reads."""
    async with over_http(make_app()) as client:
        async with (
            client.stream("GET", f"{API}/events") as stream,
            aclosing(stream.aiter_bytes()) as parts,
        ):
            await anext(parts)
            assert (await _numbers(client))("relevo_sse_readers") == 1
        with anyio.fail_after(30):
            while (await _numbers(client))("relevo_sse_readers") != 0:
                await anyio.sleep(0.02)


async def test_store_that_is_away_is_a_number_too(
    make_app: Any, in_process: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was counted here is told all the same."""
    app = make_app()
    async with in_process(app) as client:

        async def away() -> None:
            msg = "The store is away."
            raise relevo.EngineUnavailable(msg)

        monkeypatch.setattr(app.state["relevo_server"].engine, "pulse", away)
        read = await _numbers(client)
    assert read("relevo_engine_up") == 0
    assert read("relevo_messages", status="queued") is None
    assert read("relevo_sse_readers") == 0


async def test_numbers_need_admin_once_there_are_keys(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    """Unless the settings open them."""
    app = make_app()
    async with in_process(app) as client:
        await _numbers(client)
        admin = await give_key(app, relevo.Scope.ADMIN)
        reader = await give_key(app, relevo.Scope.READ)
        refused(await client.get("/metrics"), 401, "missing_key")
        refused(await client.get("/metrics", headers=reader), 403, "missing_scope")
        await _numbers(client, headers=admin)
    opened = make_app(server={"metrics": "open"})
    async with in_process(opened) as client:
        await give_key(opened, relevo.Scope.ADMIN)
        await _numbers(client)


async def test_two_applications_in_one_process_count_apart(make_app: Any, in_process: Any) -> None:
    """There is no registry that both would share."""
    async with in_process(make_app()) as one, in_process(make_app()) as other:
        await one.post(f"{API}/messages", json={"to": PERSON, "text": "hello"})
        whose = {"account": "shop", "provider": "acme_sms"}
        assert (await _numbers(one))("relevo_messages_accepted_total", **whose) == 1
        assert (await _numbers(other))("relevo_messages_accepted_total", **whose) is None


async def test_key_that_was_good_reads_numbers_for_a_while_without_the_store(
    make_app: Any, in_process: Any, give_key: Any, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nobody with a key would ever see that the store is away; nothing else opens."""
    app = make_app()
    async with in_process(app) as client:
        admin = await give_key(app, relevo.Scope.ADMIN)
        await _numbers(client, headers=admin)
        context = app.state["relevo_server"]
        now_s = context.keys._elapsed()

        async def away() -> None:
            msg = "The store is away."
            raise relevo.EngineUnavailable(msg)

        for name in ("pulse", "keys"):
            monkeypatch.setattr(context.engine, name, away)
        monkeypatch.setattr(context.keys, "_elapsed", lambda: now_s + LINGERS_S - 5)
        read = await _numbers(client, headers=admin)
        assert read("relevo_engine_up") == 0
        wrong = {"authorization": f"{admin['authorization'][:-1]}~"}
        refused(await client.get("/metrics", headers=wrong), 401, "invalid_key")
        refused(await client.get("/metrics"), 401, "missing_key")
        refused(await client.get(f"{API}/keys", headers=admin), 503, "engine_unavailable")
        monkeypatch.setattr(context.keys, "_elapsed", lambda: now_s + LINGERS_S + 5)
        refused(await client.get("/metrics", headers=admin), 503, "engine_unavailable")


async def test_key_that_was_taken_back_reads_no_numbers(
    make_app: Any, in_process: Any, give_key: Any, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the store answers, what it says counts within two seconds."""
    app = make_app()
    async with in_process(app) as client:
        admin = await give_key(app, relevo.Scope.ADMIN)
        await _numbers(client, headers=admin)
        context = app.state["relevo_server"]
        await context.engine.revoke_key(admin["authorization"].split("_")[1])
        now_s = context.keys._elapsed()
        monkeypatch.setattr(context.keys, "_elapsed", lambda: now_s + 2)
        refused(await client.get("/metrics", headers=admin), 401, "invalid_key")


async def test_no_series_tells_when_it_began(make_app: Any, in_process: Any) -> None:
    """It would double the series of every counter and histogram."""
    async with in_process(make_app()) as client:
        await client.post(f"{API}/messages", json={"to": PERSON, "text": "hello"})
        text = (await client.get("/metrics")).text
    assert "relevo_messages_accepted_total{" in text
    assert "_created" not in text
