"""What the client writes before anything is sent."""

from __future__ import annotations

from typing import Any, cast

import httpx
import pytest

import relevo
from relevo.client import AsyncClient, Client
from relevo.client.calls import accounts, messages


def test_batch_takes_dicts_and_messages_alike() -> None:
    whole = relevo.Message(
        to=relevo.Address.parse("15550100001"), content=relevo.TextContent(body="hola")
    )
    parts = {"to": "15550100002", "text": "hola", "idempotency_key": "mine"}
    call = messages.send_batch([whole, parts, {"to": whole.to, "text": "x"}])
    first, second, third = call.body["items"]
    assert first["idempotency_key"] == str(whole.message_id)
    assert second == parts
    assert third["to"] == "15550100001"
    assert third["idempotency_key"]


def test_batch_says_what_it_takes_where_it_is_given_something_else() -> None:
    with pytest.raises(TypeError, match=r"each a relevo.Message, or a dict"):
        messages.send_batch([cast("Any", "hola")])
    with pytest.raises(relevo.InvalidMessage, match="given another one"):
        messages.send_batch([{"to": "1", "idempotency_key": "a"}], idempotency_keys=["b"])


@pytest.mark.parametrize(("key", "words"), [("é", "outside ASCII"), ("", "is empty")])
def test_key_that_no_header_carries_is_refused_as_the_server_does(key: str, words: str) -> None:
    with pytest.raises(relevo.RequestRefused, match=f"The header Idempotency-Key .*{words}"):
        messages.send(to="15550100001", text="hola", idempotency_key=key)


def test_pause_takes_its_reason_by_name_too() -> None:
    assert accounts.pause("shop", reason="x") == accounts.pause("shop", "x")


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["accounts", "providers", "keys"])
async def test_list_that_comes_at_once_raises_where_it_is_asked_for(name: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"detail": "No."}, request=request)

    transport = httpx.MockTransport(answer)
    with (
        Client("http://here", transport=transport) as client,
        pytest.raises(relevo.RequestRefused),
    ):
        getattr(client, name)()
    async with AsyncClient("http://here", transport=transport) as later:
        with pytest.raises(relevo.RequestRefused):
            await getattr(later, name)()
