"""News of several accounts in one webhook: each account gets its own, if its secret vouches too."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence

import pytest
from pydantic import BaseModel, SecretStr

import relevo
from relevo.accounts import Account
from relevo.engines.memory import MemoryEngine
from relevo.engines.records import Direction

pytestmark = pytest.mark.anyio

SECRET = "canary-secret"


class Config(BaseModel):
    line: str
    token: SecretStr = SecretStr(SECRET)


class Lines(relevo.Provider[Config]):
    """Take webhooks that are JSON lists of objects, each for one of the vendor's lines."""

    name = "lines"
    config_type = Config
    capabilities = frozenset({relevo.Capability.TEXT, relevo.Capability.INBOUND})

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        return relevo.Receipt(str(message.message_id))

    def verify_webhook(self, request: relevo.WebhookRequest) -> None:
        if request.headers.get("x-token") != self.config.token.get_secret_value():
            msg = "Header X-Token is missing or wrong."
            raise relevo.WebhookRejected(msg)

    def split_webhook(self, request: relevo.WebhookRequest) -> Sequence[relevo.WebhookItem]:
        return [relevo.WebhookItem(row["id"], row) for row in json.loads(request.body)]

    def parse_item(self, item: relevo.WebhookItem) -> Sequence[relevo.ProviderEvent]:
        assert isinstance(item.raw, dict)
        if item.raw["line"] != self.config.line:
            msg = f"This is for line {item.raw['line']}."
            raise relevo.ForeignItem(msg)
        text = item.raw["text"]
        assert isinstance(text, str)
        return [relevo.InboundMessage(relevo.Address("tel", "541130946950"), text, item.raw)]

    def owns_item(self, item: relevo.WebhookItem) -> bool:
        assert isinstance(item.raw, dict)
        return item.raw["line"] == self.config.line


class Shy(Lines):
    """Another provider, which would claim whatever it is asked about."""

    name = "shy"

    def owns_item(self, item: relevo.WebhookItem) -> bool:
        del item
        return True


class Failing(Lines):
    """A provider that cannot even be asked."""

    def owns_item(self, item: relevo.WebhookItem) -> bool:
        raise KeyError(item.key)


def account(name: str, line: str, token: str = SECRET, kind: type[Lines] = Lines) -> Account:
    return Account(name, kind(name, Config(line=line, token=SecretStr(token)), None))


def row(key: str, line: str, text: object = "hola") -> dict[str, object]:
    return {"id": key, "line": line, "text": text}


@pytest.fixture
async def engine() -> AsyncIterator[MemoryEngine]:
    async with MemoryEngine() as engine:
        yield engine


async def take(
    engine: MemoryEngine, rows: list[dict[str, object]], *accounts: Account, url: str = "one"
) -> None:
    receiver = relevo.Receiver(engine, {account.name: account for account in accounts})
    body = json.dumps(rows).encode()
    request = relevo.WebhookRequest("POST", "/", body, {"X-Token": SECRET})
    await receiver.receive(url, request)
    await receiver.process_pending()


async def inbound(engine: MemoryEngine) -> list[tuple[str, str]]:
    page = await engine.messages(relevo.MessageQuery(direction=Direction.IN))
    return sorted(
        (record.account, record.content.body)
        for record in page.items
        if isinstance(record.content, relevo.TextContent)
    )


async def set_aside(engine: MemoryEngine) -> list[tuple[str, str, str]]:
    page = await engine.quarantined()
    return sorted((item.account, item.key, item.fault.code) for item in page.items)


async def test_item_of_a_sibling_is_applied_there(engine: MemoryEngine) -> None:
    rows = [row("a", "1", "for one"), row("b", "2", "for two")]
    await take(engine, rows, account("one", "1"), account("two", "2"))
    assert await inbound(engine) == [("one", "for one"), ("two", "for two")]
    assert await set_aside(engine) == []


async def test_item_of_a_sibling_is_applied_once_whichever_way_it_comes(
    engine: MemoryEngine,
) -> None:
    accounts = (account("one", "1"), account("two", "2"))
    for url in ("one", "two", "one"):
        await take(engine, [row("b", "2")], *accounts, url=url)
    assert await inbound(engine) == [("two", "hola")]


async def test_sibling_of_another_secret_gets_nothing(engine: MemoryEngine) -> None:
    """Whoever has one account's secret cannot speak for another account."""
    await take(engine, [row("b", "2")], account("one", "1"), account("two", "2", "other"))
    assert await inbound(engine) == []
    assert await set_aside(engine) == [("one", "b", "foreign_item")]


async def test_only_accounts_of_the_same_provider_are_asked(engine: MemoryEngine) -> None:
    await take(engine, [row("b", "2")], account("one", "1"), account("two", "2", kind=Shy))
    assert await set_aside(engine) == [("one", "b", "foreign_item")]


async def test_item_of_nobody_here_is_kept_as_foreign(engine: MemoryEngine) -> None:
    await take(engine, [row("c", "3")], account("one", "1"), account("two", "2"))
    assert await set_aside(engine) == [("one", "c", "foreign_item")]


async def test_provider_that_cannot_be_asked_owns_nothing(engine: MemoryEngine) -> None:
    accounts = (account("one", "1", kind=Failing), account("two", "2", kind=Failing))
    await take(engine, [row("b", "2"), row("a", "1")], *accounts)
    assert await inbound(engine) == [("one", "hola")]
    assert await set_aside(engine) == [("one", "b", "foreign_item")]


async def test_bad_item_of_a_sibling_is_set_aside_there(engine: MemoryEngine) -> None:
    await take(engine, [row("b", "2", 7)], account("one", "1"), account("two", "2"))
    assert await set_aside(engine) == [("two", "b", "parser_failed")]


async def test_foreign_item_is_applied_once_its_account_is_configured(
    engine: MemoryEngine,
) -> None:
    """Worked through again, and then no longer shown as set aside."""
    await take(engine, [row("b", "2")], account("one", "1"))
    assert await set_aside(engine) == [("one", "b", "foreign_item")]
    accounts = {"one": account("one", "1"), "two": account("two", "2")}
    receiver = relevo.Receiver(engine, accounts)
    assert await receiver.reopen(account="one") == [1]
    await receiver.process_pending()
    assert await inbound(engine) == [("two", "hola")]
    assert await set_aside(engine) == []
