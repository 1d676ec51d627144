"""One trace from the request over the attempt to the provider's news, and nothing private in it."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

import relevo
from relevo_server import create_app

pytest_plugins = ["tests.server.tracing"]
pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
PERSON = "15550100001"
WORDS = "nothing of this may be traced"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


async def _span(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    """Wait for a span: work goes on after the answer."""
    with anyio.fail_after(30):
        while True:
            for one in spans.get_finished_spans():
                if one.name == name:
                    return one
            await anyio.sleep(0.01)


def _trace_of(span: ReadableSpan) -> str:
    return format(span.context.trace_id, "032x")


async def test_request_attempt_and_webhook_are_one_trace(
    spans: InMemorySpanExporter,
    acme: Any,
    in_process: Any,
    make_settings: Any,
    signed: Any,
    settled: Any,
) -> None:
    """Each within the one before it; a provider that echoes nothing could not be joined."""

    class Echoing(acme):  # type: ignore[misc]
        def parse_item(self, item: relevo.WebhookItem) -> list[relevo.ProviderEvent]:
            raw: Any = item.raw
            message_id, _, attempt = raw["echo"].partition(".")
            return [
                relevo.StatusUpdate(
                    raw["id"],
                    relevo.DeliveryStatus.DELIVERED,
                    raw,
                    message_id=message_id,
                    attempt=int(attempt),
                )
            ]

    app = create_app(make_settings(), providers=[Echoing])
    async with in_process(app) as client:
        sent = await client.post(
            f"{API}/messages",
            json={"to": PERSON, "text": WORDS},
            headers={"traceparent": PARENT, "x-request-id": "a-sane-request-id"},
        )
        message_id = sent.json()["id"]
        shown = await settled(client, message_id, "accepted")
        news = {"id": shown["provider_message_id"], "echo": f"{message_id}.1"}
        answer = await client.post(f"{API}/webhooks/shop", **signed(news))
        assert answer.status_code == 200
        await settled(client, message_id, "delivered")
        request = await _span(spans, f"POST {API}/messages")
        attempt = await _span(spans, "relevo attempt")
        webhook = await _span(spans, "relevo webhook")
        told = await client.get(f"{API}/events?after=0", headers={"accept": "application/json"})
    assert {_trace_of(one) for one in (request, attempt, webhook)} == {TRACE_ID}
    assert request.parent is not None
    assert format(request.parent.span_id, "016x") == "00f067aa0ba902b7"
    assert attempt.parent is not None
    assert attempt.parent.span_id == request.context.span_id
    assert webhook.parent is not None
    assert webhook.parent.span_id == request.context.span_id
    assert (request.kind, attempt.kind, webhook.kind) == (
        SpanKind.SERVER,
        SpanKind.PRODUCER,
        SpanKind.CONSUMER,
    )
    assert dict(attempt.attributes or {}) == {
        "relevo.message_id": message_id,
        "relevo.attempt": 1,
        "relevo.account": "shop",
        "relevo.provider": "acme_sms",
        "relevo.outcome": "accepted",
    }
    assert dict(webhook.attributes or {})["relevo.status"] == "delivered"
    assert dict(request.attributes or {})["http.route"] == f"{API}/messages"
    assert dict(request.attributes or {})["relevo.request_id"] == "a-sane-request-id"
    ours = [one for one in told.json()["items"] if one.get("subject") == message_id]
    assert len(ours) > 3
    assert {one["traceparent"].split("-")[1] for one in ours} == {TRACE_ID}
    told_of_all = " ".join(one.to_json() for one in spans.get_finished_spans())
    assert PERSON not in told_of_all
    assert WORDS not in told_of_all


async def test_refused_attempt_is_a_failed_span_without_words(
    spans: InMemorySpanExporter, make_app: Any, in_process: Any, settled: Any
) -> None:
    """Its code is told; what the error says, and its exception, are not."""
    async with in_process(make_app()) as client:
        sent = await client.post(f"{API}/messages", json={"to": PERSON, "text": "reject"})
        await settled(client, sent.json()["id"], "failed")
        attempt = await _span(spans, "relevo attempt")
    assert (attempt.status.status_code, attempt.status.description) == (
        StatusCode.ERROR,
        "rejected",
    )
    assert attempt.events == ()
    assert dict(attempt.attributes or {})["relevo.outcome"] == "rejected"


async def test_trace_makes_no_other_request_of_the_same_message(
    make_app: Any, in_process: Any
) -> None:
    """A repeated request has another trace, and is the same request all the same."""
    async with in_process(make_app()) as client:
        answers = [
            await client.post(
                f"{API}/messages",
                json={"to": PERSON, "text": "hello"},
                headers={
                    "idempotency-key": "once",
                    "traceparent": f"00-{TRACE_ID}-00f067aa0ba902b{n}-01",
                },
            )
            for n in (7, 8)
        ]
    first, second = (answer.json() for answer in answers)
    assert [answer.status_code for answer in answers] == [202, 200]
    assert first["id"] == second["id"]


@pytest.mark.parametrize("wrong", ["", "00-abc", f"00-{'0' * 32}-00f067aa0ba902b7-01", PERSON])
async def test_wrong_traceparent_is_left_alone(make_app: Any, in_process: Any, wrong: str) -> None:
    """Nobody is refused for it, and nothing of it is kept."""
    async with in_process(make_app()) as client:
        sent = await client.post(
            f"{API}/messages",
            json={"to": PERSON, "text": "hello"},
            headers={"traceparent": wrong},
        )
        assert sent.status_code == 202
        told = await client.get(f"{API}/events?after=0", headers={"accept": "application/json"})
    assert "traceparent" not in json.dumps(told.json())
