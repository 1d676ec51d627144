"""What the receiver tells the meter: each item and each doubt once, and what may be discarded."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest
from pydantic import BaseModel

import relevo
from relevo.accounts import Account
from relevo.engines.memory import MemoryEngine
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.stage import Stage

pytestmark = pytest.mark.anyio


class Config(BaseModel):
    """Nothing to set."""


class Telling(relevo.Provider[Config]):
    """Take webhooks that are JSON lists of statuses; what names no message is bad."""

    name = "telling"
    config_type = Config
    capabilities = frozenset({relevo.Capability.TEXT, relevo.Capability.STATUSES})

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        return relevo.Receipt(str(message.message_id))

    def verify_webhook(self, request: relevo.WebhookRequest) -> None:
        del request

    def split_webhook(self, request: relevo.WebhookRequest) -> Sequence[relevo.WebhookItem]:
        return [relevo.WebhookItem(row["key"], row) for row in json.loads(request.body)]

    def parse_item(self, item: relevo.WebhookItem) -> Sequence[relevo.ProviderEvent]:
        assert isinstance(item.raw, dict)
        ours = UUID(str(item.raw["ours"]))
        sent = relevo.DeliveryStatus.SENT
        return [relevo.StatusUpdate("v-1", sent, message_id=ours, attempt=1)]


class Counted(relevo.NoMeter):
    """Note what is counted."""

    def __init__(self) -> None:
        self.aside: list[tuple[str, int]] = []
        self.doubts: list[tuple[str, str]] = []

    def set_aside(self, account: str, items: int) -> None:
        self.aside.append((account, items))

    def settled(self, account: str, how: str) -> None:
        self.doubts.append((account, how))


@pytest.fixture
async def engine() -> AsyncIterator[MemoryEngine]:
    async with MemoryEngine() as engine:
        yield engine


@pytest.fixture
def meter() -> Counted:
    return Counted()


@pytest.fixture
def receiver(engine: MemoryEngine, meter: Counted) -> relevo.Receiver:
    account = Account("shop", Telling("shop", Config(), None))
    return relevo.Receiver(engine, {"shop": account}, meter=meter)


async def take(receiver: relevo.Receiver, *rows: dict[str, str]) -> None:
    """Receive a webhook and work through it."""
    body = json.dumps(rows).encode()
    await receiver.receive("shop", relevo.WebhookRequest("POST", "/webhooks/shop", body))
    assert await receiver.process_pending() == 1


async def test_item_that_stays_set_aside_is_counted_once(
    receiver: relevo.Receiver, meter: Counted
) -> None:
    """However often it comes or is tried again."""
    await take(receiver, {"key": "a"}, {"key": "b"})
    await take(receiver, {"key": "a"}, {"key": "c"})
    await receiver.reopen()
    while await receiver.process_pending():
        pass
    assert meter.aside == [("shop", 2), ("shop", 1)]


async def test_items_set_aside_are_a_warning_with_their_codes(
    receiver: relevo.Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """By ids, accounts and codes, as fields of the line."""
    await take(receiver, {"key": "a"}, {"key": "b"})
    (line,) = [one for one in caplog.records if one.levelname == "WARNING"]
    assert "2 of 2 items set aside (parser_failed)" in line.message
    fields = vars(line)
    assert (fields["webhook_id"], fields["account"], fields["code"]) == (1, "shop", "parser_failed")
    assert fields["items"] == {"parser_failed": 2}


async def test_doubt_that_an_echo_ends_is_counted_once(
    engine: MemoryEngine, receiver: relevo.Receiver, meter: Counted
) -> None:
    doubtful = await Stage(engine, FakeClock()).in_doubt()
    for key in ("first", "again"):
        await take(receiver, {"key": key, "ours": str(doubtful.message_id)})
    assert meter.doubts == [("shop", "echo")]


async def test_discarding_everything_has_to_be_said(receiver: relevo.Receiver) -> None:
    """By an account or by webhooks; a key alone is neither."""
    await take(receiver, {"key": "a"})
    for key in (None, "a"):
        with pytest.raises(relevo.ConfigurationError, match="an account, or ids"):
            await receiver.discard(key=key)
    (gone,) = await receiver.discard(account="shop")
    assert (gone.account, gone.key, gone.webhook_id) == ("shop", "a", 1)
