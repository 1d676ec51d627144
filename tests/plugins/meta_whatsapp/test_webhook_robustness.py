"""Whatever a webhook holds, only documented errors come out and no neighbour is harmed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import relevo
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig

Path = tuple[str | int, ...]

METADATA = {"display_phone_number": "15550100200", "phone_number_id": "770055001122"}


def message(number: int) -> dict[str, Any]:
    return {
        "from": "34600111222",
        "id": f"wamid.M{number}",
        "timestamp": "1770000000",
        "type": "text",
        "text": {"body": f"words {number}"},
        "context": {"from": "15550100200", "id": "wamid.Q"},
    }


def status(number: int) -> dict[str, Any]:
    return {
        "id": f"wamid.S{number}",
        "status": "failed",
        "timestamp": "1770000000",
        "recipient_id": "34600111222",
        "recipient_type": "individual",
        "biz_opaque_callback_data": "0192d3a0-7c4e-7f00-8000-0000000000a1.1",
        "errors": [{"code": 131026, "title": "-", "error_data": {"details": "-"}}],
    }


DOCUMENT: dict[str, Any] = {
    "object": "whatsapp_business_account",
    "entry": [
        {
            "id": "1",
            "time": 1770000000,
            "changes": [
                {
                    "field": "messages",
                    "value": {
                        "messaging_product": "whatsapp",
                        "metadata": dict(METADATA),
                        "contacts": [{"profile": {"name": "Ana"}, "wa_id": "34600111222"}],
                        "messages": [message(1), message(2)],
                        "statuses": [status(1), status(2)],
                        "errors": [{"code": 130429}],
                    },
                },
                {"field": "account_update", "value": {"event": "VERIFIED_ACCOUNT"}},
            ],
        },
        {
            "id": "2",
            "changes": [
                {
                    "field": "messages",
                    "value": {"metadata": dict(METADATA), "messages": [message(99)]},
                }
            ],
        },
    ],
}


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    keyed: Any = value.items() if isinstance(value, dict) else ()
    for key, part in enumerate(value) if isinstance(value, list) else keyed:
        yield from places(part, (*path, key))


PLACES = [path for path in places(DOCUMENT) if path]
NEST: Any = json.loads("[" * 200 + "]" * 200)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
    max_leaves=8,
)
odd = st.one_of(
    anything,
    st.sampled_from(
        ["\ud83d", "\x00", "9" * 5000, 10**400, -(10**20), "x" * 100_001, NEST, {}, []]
    ),
)


def replaced(path: Path, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    holder: Any = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return document


def provider() -> MetaWhatsApp:
    settings = {"phone_number_id": "770055001122", "access_token": "x"}
    return MetaWhatsApp("shop", MetaWhatsAppConfig.model_validate(settings), None)


def events_of(document: Any) -> list[relevo.ProviderEvent]:
    """Tell everything that can be read; anything but a documented error fails the test."""
    whatsapp = provider()
    body = json.dumps(document).encode()
    try:
        items = whatsapp.split_webhook(relevo.WebhookRequest("POST", "/", body))
    except relevo.WebhookMalformed:
        return []
    events: list[relevo.ProviderEvent] = []
    for item in items:
        # A store has to be able to keep it.
        json.dumps(item.raw, ensure_ascii=False, allow_nan=False).encode()
        with suppress(relevo.WebhookMalformed, relevo.ForeignItem):
            events.extend(whatsapp.parse_item(item))
    return events


def words_of(events: list[relevo.ProviderEvent]) -> set[str]:
    return {
        event.content.body
        for event in events
        if isinstance(event, relevo.InboundMessage)
        and isinstance(event.content, relevo.TextContent)
    }


@given(st.sampled_from([path for path in PLACES if path[0] == "entry" and len(path) > 1]), odd)
def test_a_wrong_value_anywhere_harms_no_other_entry(path: Path, value: Any) -> None:
    words = words_of(events_of(replaced(path, value)))
    other = "words 1" if path[1] == 1 else "words 99"
    assert other in words


@given(
    st.sampled_from(
        [path for path in PLACES if path[1:2] == (0,) and path[5:7] == ("messages", 0)]
    ),
    odd,
)
def test_a_wrong_value_in_a_message_harms_no_other_message_and_no_status(
    path: Path, value: Any
) -> None:
    events = events_of(replaced(path, value))
    assert {"words 2", "words 99"} <= words_of(events)
    assert sum(isinstance(event, relevo.StatusUpdate) for event in events) == 2


@given(
    st.sampled_from([path for path in PLACES if path[5:6] == ("contacts",)]),
    odd,
)
def test_a_wrong_contact_harms_no_message(path: Path, value: Any) -> None:
    assert {"words 1", "words 2"} <= words_of(events_of(replaced(path, value)))


@given(st.sampled_from(PLACES), odd)
def test_only_documented_errors_come_out_of_any_webhook(path: Path, value: Any) -> None:
    events_of(replaced(path, value))


@given(anything)
def test_only_documented_errors_come_out_of_any_json(document: Any) -> None:
    events_of(document)
    events_of({"object": "whatsapp_business_account", "entry": document})


@given(anything)
def test_parse_refuses_items_of_any_form(raw: Any) -> None:
    """Items come back from a store: they need not be of our own making."""
    for item in (raw, {"message": raw}, {"status": raw}, {"value": raw}, {"error": raw}):
        with suppress(relevo.WebhookMalformed, relevo.ForeignItem):
            provider().parse_item(relevo.WebhookItem("key", item))


@given(st.binary())
def test_only_documented_errors_come_out_of_any_bytes(body: bytes) -> None:
    with suppress(relevo.WebhookMalformed):
        provider().split_webhook(relevo.WebhookRequest("POST", "/", body))


def test_deep_nesting_in_one_message_is_that_messages_own_trouble() -> None:
    for path in (("entry", 0, "changes", 0, "value", "messages", 0, "text"),):
        for depth in (60, 70, 300, 800):
            deep = json.loads("[" * depth + "]" * depth)
            assert "words 2" in words_of(events_of(replaced(path, deep)))


@pytest.mark.parametrize("count", [1000])
def test_a_full_batch_is_split_in_good_time(count: int) -> None:
    """Meta puts up to 1000 pieces of news, each with its contact, into one webhook."""
    people = [f"346{number:08d}" for number in range(count)]
    value = {
        "metadata": dict(METADATA),
        "contacts": [{"wa_id": person, "profile": {"name": "N"}} for person in people],
        "messages": [{**message(number), "from": person} for number, person in enumerate(people)],
    }
    document = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }
    events = events_of(document)
    assert len(events) == count
    assert all(
        isinstance(event, relevo.InboundMessage) and event.sender_name == "N" for event in events
    )
