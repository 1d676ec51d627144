"""Junk at every place of every fixture: only documented errors, and no lost neighbour."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import relevo
from relevo_meta_whatsapp import MetaWhatsApp

FOLDER = Path(__file__).parent / "fixtures" / "webhooks"
BODIES = {
    path.stem: json.loads(path.read_bytes())
    for path in sorted(FOLDER.glob("*.json"))
    if not path.stem.endswith(".expected")
}
Place = tuple[str | int, ...]
GONE = object()
NEST: Any = json.loads("[" * 60 + "]" * 60)
CANARY = "canary-5d1c07"
JUNK: list[Any] = [
    GONE,
    None,
    True,
    7,
    -1,
    1.5,
    10**299,
    "",
    CANARY,
    "\x00\ud83d",
    "9" * 5_000,
    [],
    {},
    [{}],
    [CANARY],
    {CANARY: [None]},
    {"id": {}, "type": []},
    NEST,
]
LISTS = {
    "automatic_events",
    "calls",
    "contacts",
    "errors",
    "groups",
    "history",
    "message_echoes",
    "messages",
    "state_sync",
    "statuses",
    "user_id_update",
    "user_preferences",
}
"""What holds elements that stand apart from each other."""


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    if place:
        yield place
    keyed: Any = value.items() if isinstance(value, dict) else ()
    for key, part in enumerate(value) if isinstance(value, list) else keyed:
        yield from places(part, (*place, key))


def with_junk(value: Any, place: Place, junk: Any) -> Any:
    """Copy a value with junk at one place; only what leads there is copied."""
    copied = value.copy()
    key, *rest = place
    if rest:
        copied[key] = with_junk(value[key], tuple(rest), junk)
    elif junk is GONE:
        del copied[key]
    else:
        copied[key] = junk
    return copied


def check_storable(event: relevo.ProviderEvent) -> None:
    """Fail where a store cannot keep what is told: what is beyond JSON, or beyond words."""
    if isinstance(event, relevo.InboundMessage):
        assert isinstance(event.content, BaseModel)
        json.dumps(event.content.model_dump(mode="json"), allow_nan=False)
        json.dumps(event.referral, allow_nan=False)
        assert event.sender.value.isprintable()
    if isinstance(event, relevo.PersonUpdate):
        assert event.person.value.isprintable()
        assert event.person not in event.aliases
    json.dumps(event.raw, allow_nan=False)


def split(provider: MetaWhatsApp, document: Any) -> list[relevo.WebhookItem]:
    request = relevo.WebhookRequest("POST", "/", json.dumps(document).encode())
    return list(provider.split_webhook(request))


@pytest.mark.parametrize("name", BODIES)
def test_junk_at_any_place_of_an_item_is_told_or_refused_without_its_words(
    name: str, provider: MetaWhatsApp
) -> None:
    turn = cycle(JUNK)
    for item in split(provider, BODIES[name]):
        for place in places(item.raw):
            for junk in islice(turn, 7):
                spoilt = relevo.WebhookItem("key", with_junk(item.raw, place, junk))
                refusal = ""
                try:
                    for event in provider.parse_item(spoilt):
                        check_storable(event)
                except relevo.ForeignItem:
                    continue  # says whose it is
                except relevo.WebhookMalformed as error:
                    refusal = str(error)
                assert CANARY not in refusal


@pytest.mark.parametrize("name", BODIES)
def test_junk_at_any_place_of_a_webhook_loses_no_neighbour(
    name: str, provider: MetaWhatsApp
) -> None:
    document = BODIES[name]
    others: dict[Place, set[str]] = {}
    for place, junk in zip(places(document), cycle(JUNK), strict=False):
        if place[0] != "entry" or len(place) == 1:
            with suppress(relevo.WebhookMalformed):
                split(provider, with_junk(document, place, junk))
            continue
        spoilt = smallest_part(place)
        if spoilt not in others:
            others[spoilt] = {
                item.key for item in split(provider, with_junk(document, spoilt, GONE))
            }
        came = {item.key for item in split(provider, with_junk(document, place, junk))}
        assert others[spoilt] <= came, (place, junk)


def smallest_part(place: Place) -> Place:
    """Tell the entry, change, item or message of a chunk that a place is in."""
    # entry, i, changes, j, value, part, k, and in the history: threads, t, messages, m
    whole = [2, 4]
    if len(place) > 6 and place[5] in LISTS and isinstance(place[6], int):
        whole.append(7)
        if place[7:10:2] == ("threads", "messages") and [*map(type, place[10:11])] == [int]:
            whole.append(11)
    return place[: max(length for length in whole if length <= len(place))]


def body_with(text: str) -> bytes:
    """Write a webhook with two messages; the first one's body is any JSON text."""
    document = json.loads((FOLDER / "text.json").read_bytes())
    messages = document["entry"][0]["changes"][0]["value"]["messages"]
    messages.append({**messages[0], "id": "wamid.NEIGHBOUR", "text": {"body": "a neighbour"}})
    messages[0]["text"] = {"body": "@@"}
    return json.dumps(document).replace('"@@"', text).encode()


@pytest.mark.parametrize(
    "text",
    [
        "9" * 5_000,
        "-" + "9" * 100_000,
        "1e999999",
        "1." + "0" * 10_000,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 50_000 + '"]}{["' + "}" * 50_000,
        '"\\ud83d"',
        '"\\u0000"',
        "[" * 3_000 + '"\\ud83d"' + "]" * 3_000,
    ],
    ids=lambda text: text[:12],
)
def test_huge_numbers_and_deep_nests_are_that_messages_own_trouble(
    text: str, provider: MetaWhatsApp
) -> None:
    items = provider.split_webhook(relevo.WebhookRequest("POST", "/", body_with(text)))
    told: list[relevo.ProviderEvent] = []
    for item in items:
        json.dumps(item.raw, ensure_ascii=False, allow_nan=False).encode()
        with suppress(relevo.WebhookMalformed):
            told += provider.parse_item(item)
    neighbours = [one for one in told if isinstance(one, relevo.InboundMessage)]
    assert neighbours[-1].content == relevo.TextContent(body="a neighbour")
    assert len(items) == 2
