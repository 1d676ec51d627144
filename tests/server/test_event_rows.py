"""What stands in an event is what the description and docs/events.md say, field by field."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

import relevo
from relevo.contents import ImageContent
from relevo.engines.memory import MemoryEngine
from relevo.engines.records import (
    Checks,
    Effect,
    HealthRecord,
    ItemFault,
    MediaOutcome,
    ParsedItem,
    Retention,
)
from relevo.engines.steps.health import KIND
from relevo.engines.transitions.people import JOINED
from relevo.events import AccountUpdate, ErrorDetail, PersonUpdate, StatusUpdate
from relevo.layers.events import draft_outcome
from relevo.terms import Caution
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import DOUBT, SHOP
from relevo.testing.engine_rules.stage import LOCKED_OUT, Stage
from relevo.webhooks import WebhookItem
from relevo_server.answers.event_rows import EventRow
from relevo_server.following.starts import begin_anew

pytestmark = pytest.mark.anyio

READ: TypeAdapter[EventRow] = TypeAdapter(EventRow)
PAGE = Path(__file__).parents[2] / "docs" / "events.md"
ANA, ELSEWHERE = relevo.Address("test", "ana"), relevo.Address("test", "ana-2")
FAULT = ItemFault("parser_failed", "The parser raised KeyError.", "KeyError\n  frames")
ONLY_AN_EVENT_HANDLER = {("gap", "epoch_before")}
"""Told where a handler's log was begun anew; tests/core/handling has it."""


def fields() -> dict[str, dict[str, str]]:
    """Give what is described: the fields of each type's data, and what they say."""
    found: dict[str, dict[str, str]] = {}
    for envelope in get_args(EventRow):
        (type_,) = get_args(envelope.model_fields["type"].annotation)
        found[type_.removeprefix("messaging.")] = {
            field.alias or name: str(field.description)
            for name, field in envelope.model_fields["data"].annotation.model_fields.items()
        }
    return found


async def messages_of_ours(stage: Stage) -> None:
    """Wait, fail, be doubted in every way, be handed over twice, and be put back."""
    away = relevo.Unavailable("The provider is away.", phase=relevo.Phase.CONNECTING)
    await stage.enter("later", send_at=stage.at(60))
    message = stage.to("ana").model_copy(update={"extra": {"order": 7}, "reply_to": "v-0"})
    await stage.ask(message)
    first = await stage.claim_one()
    told = (draft_outcome(1, phase=relevo.Phase.CONNECTING, error=away),)
    error = ErrorDetail.of(away)
    await stage.finish(first, relevo.DeliveryStatus.QUEUED, error=error, events=told)
    receipt = relevo.Receipt("v-1", {"id": "v-1"})
    told = (draft_outcome(2, phase=relevo.Phase.ANSWERED, receipt=receipt),)
    again = await stage.claim_one()
    await stage.finish(again, relevo.DeliveryStatus.ACCEPTED, receipt=receipt, events=told)
    moment = stage.clock()
    read, sent = relevo.DeliveryStatus.READ, relevo.DeliveryStatus.SENT
    await stage.hear_status("v-1", read, occurred_at=moment)
    await stage.hear_status("v-1", sent)
    await stage.hear_status(
        "v-1", relevo.DeliveryStatus.FAILED, error=ErrorDetail("rejected", "No.")
    )
    await stage.hear_status("v-1", None)
    record = await stage.in_doubt("bea", policy=relevo.UnknownPolicy.RECONCILE)
    await stage.settle(record, why="provider_has_no_echo")
    await stage.settle(record, relevo.Resolution.RESEND)
    second = await stage.claim_one()
    await stage.echo(record, 1)
    await stage.hand_over(second)
    await stage.echo(record, 2)
    await stage.engine.resolve((await stage.in_doubt("cid")).message_id, relevo.Resolution.NOT_SENT)
    stage.change_terms(unknown_lane_wait_s=5)
    await stage.in_doubt("dee")
    await stage.enter("dee")
    stage.clock.advance(5)
    await stage.everything_sent()
    await stage.replay(await stage.dead_letter("eve"))


async def news_of_people_and_accounts(stage: Stage) -> None:
    """Write, send a file, be known by two addresses, object; be healthy or not, stop and go on."""
    wrote = relevo.InboundMessage(
        ANA,
        ImageContent(id="v-media", mime_type="image/png"),
        {"raw": True},
        "in-1",
        "v-1",
        "Ana",
        stage.clock(),
        aliases=(ELSEWHERE,),
        from_us=True,
        forwarded=True,
        referral={"ad": 1},
        errors=(DOUBT,),
        author=ELSEWHERE,
    )
    item = WebhookItem("file", {})
    await stage.webhook(ParsedItem(item, (Effect(wrote, ANA.uri(), 60.0),)))
    (media,) = await stage.engine.claim_media({SHOP: 1}, lease_s=60)
    failed = relevo.MediaState.FAILED
    await stage.engine.finish_media(MediaOutcome(media.media_id, 1, failed, error=DOUBT))
    await stage.hear(AccountUpdate("quality", {"score": 1}, stage.clock()))
    preference = PersonUpdate(
        ANA, "preference", (ELSEWHERE,), "marketing_messages", allowed=False, raw={}
    )
    await stage.hear(preference)
    checks = Checks(opt_out=Caution.WARN, category="marketing_messages")
    message = stage.to("ana")
    await stage.engine.accept(message, provider="fake", lane_key=ANA.uri(), checks=checks)
    await stage.hear_from("zoe")
    await stage.hear_from("zoe-2")
    both = ("test:zoe", "test:zoe-2")
    alias = PersonUpdate(relevo.Address("test", "zoe"), "alias", raw={})
    taught = Effect(alias, both[0], None, both)
    await stage.webhook(ParsedItem(WebhookItem("alias", {}), (taught,)))
    await stage.engine.note_health(SHOP, HealthRecord(can_send=False, problems=("Locked.",)))
    await stage.engine.pause(SHOP, LOCKED_OUT)
    await stage.engine.resume(SHOP, why="by_hand")
    await stage.enter("fay")
    await stage.throttle((await stage.claim())[0], 30)
    await stage.webhook(stage.item(key="bad", fault=FAULT))
    await stage.engine.discard()
    await stage.hear(StatusUpdate("nobody's", relevo.DeliveryStatus.SENT))


async def test_every_field_that_is_told_is_described_and_every_described_one_is_told() -> None:
    """As engines write them, and as the server tells of gaps."""
    clock = FakeClock()
    told: dict[str, set[str]] = {}
    async with MemoryEngine(clock=clock) as engine:
        stage = Stage(engine, clock)
        await messages_of_ours(stage)
        await news_of_people_and_accounts(stage)
        clock.advance(timedelta(hours=25).total_seconds())
        await engine.tidy(Retention(events_s=None))
        events = await stage.log()
        clock.advance(timedelta(days=9).total_seconds())
        await engine.tidy(Retention(events_s=1))
        start = begin_anew(engine.epoch, "elsewhere.9")
        assert start.gap
        events += [*await stage.log(), start.gap]
    for event in events:
        row = READ.validate_json(event.to_json())
        told.setdefault(row.type.removeprefix("messaging."), set()).update(event.data)
    described = {type_: set(known) for type_, known in fields().items()}
    for type_, name in ONLY_AN_EVENT_HANDLER:
        described[type_].discard(name)
    for type_, known in described.items():
        assert sorted(told[type_]) == sorted(known)
    assert set(told) == set(described)


async def test_last_message_status_is_where_each_message_stands() -> None:
    """Late news say another status; `message_status` never does, in any event of a message."""
    clock = FakeClock()
    async with MemoryEngine(clock=clock) as engine:
        stage = Stage(engine, clock)
        await messages_of_ours(stage)
        last: dict[str, Any] = {}
        late = 0
        for event in await stage.log():
            last[event.data["message_id"]] = event.data["message_status"]
            late += event.data["status"] != event.data["message_status"]
        rows = (await engine.messages(relevo.MessageQuery(limit=100))).items
    assert late >= 3
    assert last == {str(row.message_id): row.status.value for row in rows}


def test_page_has_the_fields_that_are_described() -> None:
    """One row for each field and what it says, with the types that have it."""
    rows: dict[tuple[str, str], list[str]] = {}
    for type_, known in fields().items():
        for name, words in known.items():
            rows.setdefault((name, words), []).append(type_)
    wanted = [
        f"| `{name}` | {', '.join(types)} | {words} |" for (name, words), types in rows.items()
    ]
    _, _, after = PAGE.read_text("utf-8").partition(
        "| field | in | what it says |\n|---|---|---|\n"
    )
    assert after.partition("\n\n")[0].splitlines() == wanted


def test_page_names_the_kinds_that_are_the_same_with_every_provider() -> None:
    _, _, after = PAGE.read_text("utf-8").partition("| `kind` | what happened |\n|---|---|\n")
    named = set(re.findall(r"(?m)^\| `(\w+)` \|", after.partition("\n\n")[0]))
    assert named == {KIND, JOINED, "paused", "blocked", "resumed", "alias", "preference"}
