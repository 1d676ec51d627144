"""What we do in a thread besides sending goes to the provider, or says why not."""

from __future__ import annotations

from typing import Any, ClassVar

import anyio
import pytest
from pydantic import BaseModel

import relevo
from relevo_server import create_app

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
ANA = relevo.Address("tel", "15550100001")


class Config(BaseModel):
    """Nothing to configure."""


class Chatty(relevo.Provider[Config]):
    """Write down what is asked of it; nobody can be unblocked."""

    name = "chatty"
    config_type = Config
    capabilities = frozenset(
        {
            relevo.Capability.TEXT,
            relevo.Capability.INBOUND,
            relevo.Capability.MARK_READ,
            relevo.Capability.TYPING,
            relevo.Capability.BLOCK,
        }
    )
    asked: ClassVar[list[tuple[str, object]]] = []

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        return relevo.Receipt(f"v-{message.message_id}")

    def verify_webhook(self, request: relevo.WebhookRequest) -> None:
        del request

    def parse_item(self, item: relevo.WebhookItem) -> list[relevo.ProviderEvent]:
        return [relevo.InboundMessage(ANA, "hola", item.raw, provider_message_id="v-in")]

    async def mark_read(self, provider_message_id: str, *, typing: bool = False) -> None:
        self.asked.append(("read", (provider_message_id, typing)))

    async def typing(self, provider_message_id: str) -> None:
        self.asked.append(("typing", provider_message_id))

    async def block(self, address: relevo.Address) -> None:
        self.asked.append(("block", address))

    async def unblock(self, address: relevo.Address) -> None:
        del address
        msg = "Account 'shop': nobody is blocked by this number."
        raise relevo.Rejected(msg, provider_code="7")


@pytest.fixture
def chatty() -> Any:
    Chatty.asked.clear()
    settings = {"engine": "memory", "accounts": {"shop": {"provider": "chatty"}}}
    return create_app(relevo.Settings.model_validate(settings), providers=[Chatty])


async def heard(client: Any) -> dict[str, Any]:
    await client.post(f"{API}/webhooks/shop", json={})
    with anyio.fail_after(30):
        while not (items := (await client.get(f"{API}/messages?direction=in")).json()["items"]):
            await anyio.sleep(0.01)
    return dict(items[0])


async def test_what_we_do_in_a_thread_reaches_the_provider(chatty: Any, in_process: Any) -> None:
    async with in_process(chatty) as client:
        message = await heard(client)
        thread = f"{API}/conversations/{message['conversation_id']}"
        for path in (
            f"{API}/messages/{message['id']}/read",
            f"{API}/messages/{message['id']}/typing",
            f"{thread}/block",
        ):
            answer = await client.post(path)
            assert (answer.status_code, answer.content) == (204, b"")
    assert Chatty.asked == [("read", ("v-in", False)), ("typing", "v-in"), ("block", ANA)]


async def test_refusal_of_the_provider_is_passed_on(
    chatty: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(chatty) as client:
        thread = f"{API}/conversations/{(await heard(client))['conversation_id']}"
        problem = refused(await client.post(f"{thread}/unblock"), 422, "rejected")
    assert "nobody is blocked" in problem["detail"]


async def test_only_what_a_person_wrote_can_be_read(
    chatty: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(chatty) as client:
        ours = (await client.post(f"{API}/messages", json={"to": ANA.value, "text": "a"})).json()
        refused(await client.post(f"{API}/messages/{ours['id']}/read"), 422, "invalid_message")
        none = "0199c2f4-0000-7000-8000-000000000000"
        refused(await client.post(f"{API}/messages/{none}/typing"), 404, "unknown_message")
        refused(await client.post(f"{API}/conversations/none/block"), 404, "unknown_conversation")
    assert Chatty.asked == []


async def test_provider_without_the_verb_says_so(
    make_app: Any, in_process: Any, signed: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        await client.post(f"{API}/webhooks/shop", **signed({"from": ANA.value, "text": "hola"}))
        with anyio.fail_after(30):
            while not (threads := (await client.get(f"{API}/conversations")).json()["items"]):
                await anyio.sleep(0.01)
        answer = await client.post(f"{API}/conversations/{threads[0]['id']}/block")
        refused(answer, answer.status_code, "not_supported")
