"""Every webhook in `fixtures/webhooks` gives exactly the items and events beside it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

import relevo
from relevo_meta_whatsapp import MetaWhatsApp

FOLDER = Path(__file__).parent / "fixtures" / "webhooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json") if not path.stem.endswith(".expected"))
SILENT: dict[str, tuple[Any, ...]] = {
    "live": (True,),
    "from_us": (False,),
    "forwarded": (False,),
    "retryable": (False,),
}
"""What a field says that is as it mostly is; any other field: None or nothing."""
MENDED = {"half_a_surrogate_pair", "messages_places_and_cards", "unknown_parts"}
"""Fixtures with something no store can keep, or told in parts."""
_HASH = re.compile(r":[0-9a-f]{64}$")


def webhook(name: str) -> relevo.WebhookRequest:
    return relevo.WebhookRequest("POST", "/", (FOLDER / f"{name}.json").read_bytes())


def plain(value: Any) -> Any:
    """Write an event without Meta's own object, and of its fields only what says something."""
    if isinstance(value, relevo.Address):
        return value.uri()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {
            name: plain(part)
            for name in names
            if (part := getattr(value, name)) not in SILENT.get(name, (None, ())) and name != "raw"
        }
    return str(value) if isinstance(value, datetime | Enum | UUID) else value


def interpret(provider: MetaWhatsApp, item: relevo.WebhookItem) -> dict[str, Any]:
    told: dict[str, Any] = {"key": _HASH.sub(":<hash>", item.key)}
    try:
        events = provider.parse_item(item)
    except relevo.WebhookError as error:
        return told | {"refused": error.code, "because": error.message}
    return told | {"events": [{type(event).__name__: plain(event)} for event in events]}


def objects_in(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value:
        if isinstance(part, dict | list):
            yield from objects_in(part)


@pytest.mark.parametrize("name", NAMES)
def test_webhook_gives_what_stands_beside_it(name: str, provider: MetaWhatsApp) -> None:
    expected = json.loads((FOLDER / f"{name}.expected.json").read_bytes())
    items = provider.split_webhook(webhook(name))
    assert [interpret(provider, item) for item in items] == expected


@pytest.mark.parametrize("name", NAMES)
def test_keys_are_the_same_again_and_differ_from_each_other(
    name: str, provider: MetaWhatsApp
) -> None:
    keys = [item.key for item in provider.split_webhook(webhook(name))]
    assert keys == [item.key for item in provider.split_webhook(webhook(name))]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", sorted(set(NAMES) - MENDED))
def test_raw_of_an_event_is_an_untouched_object_of_meta(name: str, provider: MetaWhatsApp) -> None:
    objects = list(objects_in(json.loads((FOLDER / f"{name}.json").read_bytes())))
    for item in provider.split_webhook(webhook(name)):
        try:
            events = provider.parse_item(item)
        except relevo.WebhookError:
            continue
        assert all(untouched(event, objects) for event in events)


def untouched(event: relevo.ProviderEvent, objects: list[Any]) -> bool:
    """Of a chunk of history only what it says of itself is told as news of the account."""
    if isinstance(event, relevo.AccountUpdate) and event.kind == "history":
        chunks = [{key: one[key] for key in one if key != "threads"} for one in objects]
        return event.raw in chunks
    return event.raw in objects


def test_parts_yet_unknown_are_kept_whole(provider: MetaWhatsApp) -> None:
    items = provider.split_webhook(webhook("unknown_parts"))
    raws = [event.raw for item in items for event in provider.parse_item(item)]
    assert {"gestures": [{"wave": 1}]} in raws
    assert {"surprise": True} in raws


def test_items_keep_their_keys_when_meta_regroups_them(provider: MetaWhatsApp) -> None:
    """A retried batch may be grouped anew, so a key depends on the piece of news alone."""
    document = json.loads((FOLDER / "batch_of_many.json").read_bytes())
    together = {item.key for item in provider.split_webhook(webhook("batch_of_many"))}
    apart = set()
    for entry in document["entry"]:
        for change in entry["changes"]:
            body = json.dumps({**document, "entry": [{**entry, "changes": [change]}]}).encode()
            request = relevo.WebhookRequest("POST", "/", body)
            apart |= {item.key for item in provider.split_webhook(request)}
    assert together == apart


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"object":"page","entry":[]}',
        b'{"object":"whatsapp_business_account"}',
        b'{"object":"whatsapp_business_account","entry":{}}',
        b'{"object":"whatsapp_business_account","entry":[NaN]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_whatsapp_webhook_is_malformed(body: bytes, provider: MetaWhatsApp) -> None:
    with pytest.raises(relevo.WebhookMalformed, match="Account 'shop'"):
        provider.split_webhook(relevo.WebhookRequest("POST", "/", body))
