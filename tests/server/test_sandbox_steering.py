"""A sandbox that can be steered: people write any content, and switches are turned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpx
import pytest
from pydantic import JsonValue

import relevo
from relevo.contents import InboundContent
from relevo_server import create_app

pytestmark = pytest.mark.anyio
API = "/api/v1/messaging"
ANA = "15550100001"
CHOICE = {"type": "choice", "id": "y", "title": "Yes", "source": "button"}


class Steerable:
    """A sandbox that notes what its people write; one switch, and no reactions."""

    url = "http://127.0.0.1:1"

    def __init__(self, account: dict[str, JsonValue]) -> None:
        self.account = account
        self.written: list[tuple[str, InboundContent, str | None]] = []
        self.on = False

    async def reply(self, text: str, person: str) -> None:
        """Take a text."""
        await self.write(relevo.TextContent(body=text), person)

    async def write(
        self, content: InboundContent, person: str, *, reply_to: str | None = None
    ) -> None:
        """Take any content but a reaction."""
        if isinstance(content, relevo.ReactionContent):
            msg = "Nobody can write reactions here."
            raise relevo.UnsupportedContent(msg)
        self.written.append((person, content, reply_to))

    def switches(self) -> Sequence[relevo.SandboxSwitch]:
        """List the one there is."""
        return [relevo.SandboxSwitch("late", "Late", on=self.on, once=True)]

    def turn(self, name: str, *, on: bool) -> None:
        """Turn it."""
        assert name == "late"
        self.on = on


@pytest.fixture
async def steered(
    make_settings: Callable[..., relevo.Settings],
    acme: type[relevo.AnyProvider],
    in_process: Callable[..., Any],
) -> AsyncIterator[tuple[httpx.AsyncClient, Steerable]]:
    settings = make_settings()
    shop = settings.accounts["shop"]
    sandbox = Steerable({"provider": shop.provider, **shop.values})
    async with in_process(create_app(settings, providers=[acme], sandbox=sandbox)) as client:
        yield client, sandbox


async def test_people_write_any_content_and_answer_a_message(
    steered: tuple[httpx.AsyncClient, Steerable],
) -> None:
    client, sandbox = steered
    body = {"from": ANA, "content": CHOICE, "reply_to": "wamid.1"}
    answer = await client.post(f"{API}/sandbox/replies", json=body)
    assert (answer.status_code, answer.json()["content"]) == (202, CHOICE)
    assert sandbox.written == [(ANA, relevo.ChoiceContent(id="y", title="Yes"), "wamid.1")]


async def test_what_people_cannot_write_is_a_problem(
    steered: tuple[httpx.AsyncClient, Steerable], refused: Callable[..., dict[str, Any]]
) -> None:
    client, sandbox = steered
    reaction = {"type": "reaction", "target": "wamid.1", "emoji": "x"}
    answer = await client.post(f"{API}/sandbox/replies", json={"from": ANA, "content": reaction})
    refused(answer, 422, "unsupported_content")
    both = {"from": ANA, "text": "hello", "content": CHOICE}
    problem = refused(await client.post(f"{API}/sandbox/replies", json=both), 422, "invalid_body")
    assert [fault["field"] for fault in problem["errors"]] == ["body"]
    assert sandbox.written == []


async def test_switches_are_listed_and_turned(
    steered: tuple[httpx.AsyncClient, Steerable], refused: Callable[..., dict[str, Any]]
) -> None:
    client, sandbox = steered
    late = {"name": "late", "label": "Late", "on": False, "once": True}
    assert (await client.get(f"{API}/sandbox")).json()["switches"] == [late]
    turned = await client.post(f"{API}/sandbox/switches", json={"name": "late", "on": True})
    assert (turned.status_code, turned.json()["switches"]) == (200, [{**late, "on": True}])
    assert sandbox.on
    other = {"name": "never", "on": True}
    problem = refused(await client.post(f"{API}/sandbox/switches", json=other), 422, "invalid_body")
    assert problem["errors"] == [{"field": "name", "reason": "no such switch; there is late"}]


async def test_without_a_sandbox_there_is_no_switch(
    make_app: Callable[..., Any],
    in_process: Callable[..., Any],
    refused: Callable[..., dict[str, Any]],
) -> None:
    async with in_process(make_app()) as client:
        body = {"name": "late", "on": True}
        refused(await client.post(f"{API}/sandbox/switches", json=body), 404, "no_sandbox")
