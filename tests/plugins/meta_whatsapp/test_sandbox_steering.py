"""What the Lab does with the sandbox: people write any content, and switches are turned."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

import relevo
from relevo.contents import InboundContent
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig
from relevo_meta_whatsapp.sandbox import Behaviour, Fault, MetaSandbox, SandboxNumber
from relevo_meta_whatsapp.sandbox.running import RunningMetaSandbox
from relevo_meta_whatsapp.sandbox.serving import serve

pytestmark = pytest.mark.anyio

ANA = "34600111222"
EARLIER = "wamid.EARLIER"
CARD = relevo.ContactCard(name="Ana", phones=(relevo.ContactNumber(number="+34 600"),))
CONTENTS: list[InboundContent] = [
    relevo.TextContent(body="hola"),
    relevo.ImageContent(id="sample", caption="look"),
    relevo.VideoContent(id="sample"),
    relevo.AudioContent(id="sample", voice=True),
    relevo.DocumentContent(id="sample", filename="b.pdf"),
    relevo.StickerContent(id="sample"),
    relevo.LocationContent(latitude=1, longitude=2),
    relevo.LocationContent(latitude=1, longitude=2, name="Home", address="Street 1"),
    relevo.ContactsContent(contacts=(CARD,)),
    relevo.ReactionContent(target=EARLIER, emoji="❤"),
    relevo.ReactionContent(target=EARLIER, emoji=""),
    relevo.ChoiceContent(id="m", title="Medium"),
    relevo.ChoiceContent(
        id="m", title="Medium", description="for two", source=relevo.ChoiceSource.LIST
    ),
    relevo.ChoiceContent(id="m", title="Medium", source=relevo.ChoiceSource.TEMPLATE),
    relevo.RevokeContent(target=EARLIER),
]
OF_THE_FILE = {"id", "mime_type", "sha256", "size"}


@pytest.fixture
def anyio_backend() -> str:
    """The sandbox runs on asyncio only."""
    return "asyncio"


class Heard:
    """A webhook URL that understands what it is told."""

    def __init__(self) -> None:
        settings = SandboxNumber().account("http://127.0.0.1:1")
        settings.pop("provider")
        self._provider = MetaWhatsApp("shop", MetaWhatsAppConfig.model_validate(settings), None)
        self._heard: list[relevo.InboundMessage] = []
        self._news = anyio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        more = True
        while more:
            part = await receive()
            body += part.get("body", b"")
            more = part.get("more_body", False)
        request = relevo.WebhookRequest(scope["method"], scope["path"], body, {}, {})
        for item in self._provider.split_webhook(request):
            events = self._provider.parse_item(item)
            self._heard += [one for one in events if isinstance(one, relevo.InboundMessage)]
        self._news.set()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def next(self) -> relevo.InboundMessage:
        with anyio.fail_after(30):
            while not self._heard:
                self._news = anyio.Event()
                await self._news.wait()
        return self._heard.pop(0)


@pytest.fixture
async def told() -> AsyncIterator[tuple[RunningMetaSandbox, Heard]]:
    heard = Heard()
    behaviour = Behaviour(status_after_s=0, batch_wait_s=0.01)
    async with (
        serve(heard, 0) as port,
        MetaSandbox(number=SandboxNumber(), behaviour=behaviour).start(
            f"http://127.0.0.1:{port}/hook"
        ) as up,
    ):
        yield up, heard


async def test_what_a_person_writes_is_what_the_provider_understands(
    told: tuple[RunningMetaSandbox, Heard],
) -> None:
    """But for files, which are the sandbox's own samples."""
    sandbox, heard = told
    assert isinstance(sandbox, relevo.SteerableSandbox)
    for content in CONTENTS:
        await sandbox.write(content, ANA, reply_to=EARLIER)
        inbound = await heard.next()
        assert inbound.sender.value == ANA
        assert inbound.reply_to == EARLIER
        is_file = isinstance(content, relevo.MediaContent)
        ignored = OF_THE_FILE if is_file else set()
        assert inbound.content.model_dump(exclude=ignored) == content.model_dump(exclude=ignored)


async def test_what_nobody_can_write_is_refused_and_tells_nothing(
    told: tuple[RunningMetaSandbox, Heard],
) -> None:
    sandbox, heard = told
    with pytest.raises(relevo.UnsupportedContent, match="Use one of: text"):
        await sandbox.write(relevo.OtherContent(kind="poll"), ANA)
    await sandbox.write(relevo.TextContent(body="after"), ANA)
    assert (await heard.next()).content == relevo.TextContent(body="after")


def switched_on(sandbox: RunningMetaSandbox) -> set[str]:
    return {one.name for one in sandbox.switches() if one.on}


async def test_switches_stay_and_faults_are_used_up_one_at_a_time(
    told: tuple[RunningMetaSandbox, Heard],
) -> None:
    """Nothing else of the behaviour changes, faults of somebody else's included."""
    sandbox, _ = told
    of_another = Fault(meets="read", times=None)
    sandbox.state.behave(
        Behaviour.model_validate({**sandbox.state.behaviour.model_dump(), "faults": [of_another]})
    )
    assert switched_on(sandbox) == set()
    sandbox.turn("windows", on=True)
    sandbox.turn("limits", on=True)
    sandbox.turn("throttled", on=True)
    sandbox.turn("undeliverable", on=True)
    assert switched_on(sandbox) == {"windows", "limits", "undeliverable"}
    assert (sandbox.state.behaviour.windows, sandbox.state.behaviour.limits) == ("real", True)
    assert sandbox.state.next_fault() == Fault(status=400, code=131026)
    assert switched_on(sandbox) == {"windows", "limits"}
    sandbox.turn("windows", on=False)
    sandbox.turn("html_502", on=True)
    sandbox.turn("html_502", on=False)
    assert switched_on(sandbox) == {"limits"}
    assert sandbox.state.behaviour.status_after_s == 0
    assert sandbox.state.behaviour.faults == (of_another,)
    with pytest.raises(KeyError):
        sandbox.turn("nothing", on=True)
