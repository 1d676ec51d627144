"""What nests too deeply is found before any reader of it breaks."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from pydantic import BaseModel, JsonValue

import relevo
from relevo.contents import OtherContent
from relevo.engines.records import WebhookRecord
from relevo.events import utc_now
from relevo.nesting import MOST_LEVELS, is_too_deep
from relevo.receive import interpret


class Nothing(BaseModel):
    """No settings."""


class Unpacking(relevo.Provider[Nothing]):
    """Read JSON out of a text, as a person's app put it there."""

    name = "unpacking"
    config_type = Nothing

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        return relevo.Receipt(str(message.message_id))

    def split_webhook(self, request: relevo.WebhookRequest) -> Sequence[relevo.WebhookItem]:
        return [relevo.WebhookItem("one", json.loads(request.body))]

    def parse_item(self, item: relevo.WebhookItem) -> Sequence[relevo.ProviderEvent]:
        payload = json.loads(str(item.raw))
        content = OtherContent(kind="form", payload=payload)
        return [relevo.InboundMessage(relevo.Address("tel", "15550100001"), content)]


def nested(levels: int) -> JsonValue:
    value: JsonValue = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize("levels", [MOST_LEVELS, MOST_LEVELS + 1, 100_000])
def test_levels_are_counted_without_a_call_for_each(levels: int) -> None:
    assert is_too_deep(nested(levels)) is (levels > MOST_LEVELS)


def test_fields_of_a_model_count_as_a_level() -> None:
    content = OtherContent(kind="form", payload=nested(MOST_LEVELS))
    assert is_too_deep(content)
    assert not is_too_deep(OtherContent(kind="form", payload=nested(MOST_LEVELS - 1)))


@pytest.mark.parametrize(("levels", "code"), [(99, None), (200, "webhook_malformed")])
def test_depth_that_a_provider_reads_out_of_words_is_set_aside(
    levels: int, code: str | None
) -> None:
    """Its item is flat; only what is made of it is deep."""
    body = json.dumps(json.dumps(nested(levels))).encode()
    request = relevo.WebhookRequest("POST", "/webhooks/shop", body)
    (parsed,) = interpret(Unpacking("shop", Nothing(), None), _kept(request))
    assert (parsed.fault.code if parsed.fault else None) == code


def _kept(request: relevo.WebhookRequest) -> WebhookRecord:
    return WebhookRecord(1, "shop", request.method, request.path, request.body, {}, {}, utc_now())
