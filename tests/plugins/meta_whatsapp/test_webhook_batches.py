"""Whatever Meta puts into which webhook, in whatever order and how often: one final state."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

import relevo
from relevo.accounts import Account
from relevo.engines.memory import MemoryEngine
from relevo.engines.records import Direction
from relevo.testing import FakeClock
from relevo.testing.engine_rules.scene import Scene
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig

SECRET = "made-up-app-secret"
NUMBERS = {"shop": "770055001122", "clinic": "770055009999"}
BUSINESSES = {"shop": "881100220033", "clinic": "881100220044"}
ANA = {"profile": {"name": "Ana"}, "wa_id": "34600111222", "user_id": "ES.Ana0001"}
SENT = [f"wamid.SENT{number}" for number in range(4)]


class News(NamedTuple):
    """One piece of news and where it stands in a webhook."""

    field: str
    part: str
    element: dict[str, Any]
    account: str = "shop"


def text(number: int, sender: str = "34600111222") -> News:
    body = {"body": f"words {number}"}
    message = {"from": sender, "id": f"wamid.IN{number}", "timestamp": "1770000000"}
    return News("messages", "messages", {**message, "type": "text", "text": body})


def status(sent: int, word: str, **more: JsonValue) -> News:
    told = {"id": SENT[sent], "status": word, "timestamp": "1770000000"}
    return News("messages", "statuses", {**told, "recipient_id": "34600111222", **more})


def old(identifier: str, kind: str, part: dict[str, Any]) -> dict[str, Any]:
    head = {"from": "15550100200", "to": "34600111222", "id": identifier}
    return {**head, "timestamp": "1760000000", "type": kind, kind: part}


NEWS = [
    *(text(number) for number in range(3)),
    text(3, "34600111333"),
    status(0, "sent"),
    status(0, "delivered"),
    status(0, "failed", errors=[{"code": 131026}]),
    status(0, "read"),
    status(1, "failed", errors=[{"code": 131050}]),
    status(2, "sent"),
    status(2, "a_word_of_tomorrow"),
    News("messages", "errors", {"code": 130429, "title": "-"}),
    News("calls", "calls", {"id": "wacid.1", "from": "34600111222", "event": "connect"}),
    News("calls", "calls", {"id": "wacid.1", "from": "34600111222", "event": "terminate"}),
    News("smb_message_echoes", "message_echoes", old("wamid.E1", "text", {"body": "by hand"})),
    News("history", "messages", old("wamid.E1", "text", {"body": "by hand"})),
    News("history", "messages", old("wamid.E2", "image", {"id": "910"})),
    News(
        "user_preferences",
        "user_preferences",
        {"wa_id": "34600111222", "category": "marketing_messages", "value": "stop"},
    ),
    News(
        "user_id_update", "user_id_update", {"wa_id": "34600111222", "user_id": {"current": "ES.2"}}
    ),
    News("security", "", {"display_phone_number": "15550100200", "event": "PIN_CHANGED"}),
    News("a_field_of_tomorrow", "", {"anything": ["new"]}),
    News("messages", "messages", {"type": "text", "text": {"body": "from nobody"}}),
    text(0)._replace(account="clinic"),
    News("messages", "messages", {"type": "text"}, "clinic"),
    News("security", "", {"event": "PIN_CHANGED"}, "clinic"),
]


def webhook(news: Sequence[News]) -> bytes:
    """Put news into one webhook: an entry for each, or one for neighbours of one number's field.

    Some webhooks name the people beside the news, some do not.
    """
    people = {"contacts": [ANA]} if len(news) % 2 else {}
    entries: list[dict[str, Any]] = []
    before: tuple[str, str] | None = None
    for field, part, element, account in news:
        if part and before == (field, account):
            entries[-1]["changes"][0]["value"].setdefault(part, []).append(element)
            continue
        metadata = {"display_phone_number": "15550100200", "phone_number_id": NUMBERS[account]}
        value = {"metadata": metadata, **people, part: [element]} if part else element
        change = {"field": field, "value": value}
        entries.append({"id": BUSINESSES[account], "changes": [change]})
        before = (field, account) if part else None
    return json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()


def signed(body: bytes) -> relevo.WebhookRequest:
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return relevo.WebhookRequest("POST", "/", body, {"X-Hub-Signature-256": f"sha256={digest}"})


def provider(account: str = "shop") -> MetaWhatsApp:
    told = {"phone_number_id": NUMBERS[account], "waba_id": BUSINESSES[account]}
    secrets = {"access_token": "x", "app_secret": SECRET}
    return MetaWhatsApp(account, MetaWhatsAppConfig.model_validate(told | secrets), None)


async def state_after(webhooks: Sequence[Sequence[News]]) -> dict[str, Any]:
    """Take webhooks in turn, by either account's URL; tell what came of them, sorted."""
    clock = FakeClock()
    async with MemoryEngine(clock=clock) as engine:
        scene = Scene(engine, clock)
        for wamid in SENT[:3]:
            await scene.accept("34600111222")
            await scene.hand_over(await scene.claim_one(), wamid)
        accounts = {name: Account(name, provider(name)) for name in NUMBERS}
        receiver = relevo.Receiver(engine, accounts)
        for count, news in enumerate(webhooks):
            await receiver.receive(("shop", "clinic")[count % 2], signed(webhook(news)))
            await receiver.process_pending()
        inbound = await engine.messages(relevo.MessageQuery(direction=Direction.IN, limit=100))
        outbound = await engine.messages(relevo.MessageQuery(direction=Direction.OUT, limit=100))
        told = await engine.events(0, limit=1_000)
        aside = await engine.quarantined(limit=100)
    return {
        "inbound": sorted(
            (
                row.account,
                row.provider_message_id or "",
                row.person.uri(),
                row.content.model_dump_json(),
            )
            for row in inbound.items
        ),
        "outbound": sorted((row.provider_message_id or "", row.status) for row in outbound.items),
        "told": sorted(
            (event.type, event.data["account"], json.dumps(event.data["raw"], sort_keys=True))
            for event in told
            if event.type is not relevo.EventType.OUTBOUND and "raw" in event.data
        ),
        "aside": sorted((item.account, item.fault.code, item.key) for item in aside.items),
    }


@cache
def each_once() -> dict[str, Any]:
    """Tell what has to come out, whatever the batches."""
    return anyio.run(state_after, [[news] for news in NEWS])


def test_each_piece_of_news_counts_once() -> None:
    state = each_once()
    texts = [f"wamid.IN{number}" for number in range(4)]
    assert [row[:2] for row in state["inbound"]] == [
        ("clinic", "wamid.IN0"),
        *(("shop", wamid) for wamid in ["wacid.1", "wamid.E1", "wamid.E2", *texts]),
    ]
    assert dict(state["outbound"]) == {
        "wamid.SENT0": relevo.DeliveryStatus.READ,
        "wamid.SENT1": relevo.DeliveryStatus.FAILED,
        "wamid.SENT2": relevo.DeliveryStatus.SENT,
    }
    assert [row[:2] for row in state["aside"]] == [
        ("clinic", "webhook_malformed"),
        ("shop", "webhook_malformed"),
    ]


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[News]]:
    """Give every piece of news at least once, some again, in any order and in any batches."""
    indexes = range(len(NEWS))
    again = draw(st.lists(st.sampled_from(indexes), max_size=10))
    order = draw(st.permutations([*indexes, *again]))
    cuts = sorted(draw(st.sets(st.integers(1, len(order)), max_size=6)) | {0, len(order)})
    return [[NEWS[index] for index in order[start:end]] for start, end in pairwise(cuts)]


@settings(max_examples=40, deadline=None)
@given(deliveries())
def test_any_mix_order_and_repetition_of_news_gives_the_same_state(
    webhooks: list[list[News]],
) -> None:
    state = anyio.run(state_after, webhooks)
    assert state == each_once()


def test_a_full_webhook_of_three_megabytes_is_worked_through_in_good_time() -> None:
    """1,000 items in 3 MB: split, parsed and applied; seconds would make Meta retry."""
    people = [f"346{number:08d}" for number in range(1_000)]
    news = [
        News(
            "messages", "messages", {**text(number, person).element, "text": {"body": "x" * 2_900}}
        )
        for number, person in enumerate(people)
    ]
    body = webhook(news)
    assert 2_900_000 < len(body) < 3_200_000
    began = time.process_time()
    whatsapp = provider()
    items = whatsapp.split_webhook(signed(body))
    events = [event for item in items for event in whatsapp.parse_item(item)]
    took = time.process_time() - began
    assert len(events) == 1_000
    assert took < 2, f"split and parsed in {took:.2f} s"


def test_a_chunk_of_history_becomes_one_item_for_each_message() -> None:
    """A chunk holds thousands of messages: each is told apart and none as new."""
    threads = [
        {
            "id": f"346{person:08d}",
            "messages": [
                {
                    **old(f"wamid.H{person}-{number}", "text", {"body": "old"}),
                    "to": f"346{person:08d}",
                }
                for number in range(50)
            ],
        }
        for person in range(100)
    ]
    chunk = {"metadata": {"phase": 1, "chunk_order": 1, "progress": 100}, "threads": threads}
    began = time.process_time()
    whatsapp = provider()
    items = whatsapp.split_webhook(signed(webhook([News("history", "history", chunk)])))
    events = [event for item in items for event in whatsapp.parse_item(item)]
    took = time.process_time() - began
    messages = [event for event in events if isinstance(event, relevo.InboundMessage)]
    assert len({item.key for item in items}) == len(items) == 5_001
    assert len(messages) == 5_000
    assert not any(message.live for message in messages)
    assert took < 5, f"split and parsed in {took:.2f} s"
