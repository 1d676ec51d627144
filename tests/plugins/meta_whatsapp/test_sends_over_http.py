"""Everything that can be sent, over real HTTP: the sandbox checks it as strictly as Meta."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

import relevo
from relevo.http import account_client, open_transport
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig
from relevo_meta_whatsapp import components as fill
from relevo_meta_whatsapp.native import MarketingTemplate
from relevo_meta_whatsapp.sandbox import Behaviour

if TYPE_CHECKING:
    from tests.plugins.meta_whatsapp.conftest import Remote

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parent / "fixtures" / "sends"
TO = "541130946950"
TYPES = MappingProxyType(
    {
        "image": "image/png",
        "video": "video/mp4",
        "audio": "audio/ogg; codecs=opus",
        "document": "application/pdf",
        "sticker": "image/webp",
    }
)
# These name templates that only the exact JSON is compared of.
NO_SUCH_TEMPLATE = frozenset({"marketing_template", "template_components"})
FIXTURES: Mapping[str, Any] = MappingProxyType(
    {
        path.stem: json.loads(path.read_bytes())["message"]
        for path in sorted(FOLDER.glob("*.json"))
        if path.stem not in NO_SUCH_TEMPLATE
    }
)


async def chunks(body: bytes) -> AsyncGenerator[bytes, None]:
    for start in range(0, len(body), 1000):
        yield body[start : start + 1000]


@pytest.fixture
def remote(remote: Remote) -> Remote:
    """The session's sandbox without any memory, in a group."""
    remote.state.reset()
    remote.state.behave(Behaviour(story=()))
    remote.state.groups.add("GRP==")
    return remote


async def upload(whatsapp: MetaWhatsApp, kind: str, body: bytes = b"bytes") -> str:
    file = relevo.MediaUpload(TYPES[kind], len(body), chunks(body), kind, f"a {kind}.bin")
    return (await whatsapp.upload_media(file)).id


async def with_real_files(whatsapp: MetaWhatsApp, told: Any) -> Any:
    """Put ids of files that were uploaded in the place of made-up ones."""
    if isinstance(told, list):
        return [await with_real_files(whatsapp, one) for one in told]
    if not isinstance(told, dict):
        return told
    changed = {key: await with_real_files(whatsapp, one) for key, one in told.items()}
    if changed.get("type") in TYPES and "id" in changed:
        changed["id"] = await upload(whatsapp, changed["type"])
    if isinstance(changed.get("image"), dict) and "id" in changed["image"]:
        changed["image"]["id"] = await upload(whatsapp, "image")
    return changed


@pytest.mark.parametrize("name", FIXTURES)
async def test_every_kind_is_taken(name: str, whatsapp: MetaWhatsApp, remote: Remote) -> None:
    message = relevo.Message.model_validate(await with_real_files(whatsapp, FIXTURES[name]))
    whatsapp.check_message(message)
    receipt = await whatsapp.send(message)
    taken = remote.state.messages[-1]
    assert receipt.provider_message_id == taken.wamid
    assert remote.state.counts == {message.echo_id: 1}


TEMPLATES: Mapping[str, tuple[str, str, tuple[fill.Component, ...]]] = MappingProxyType(
    {
        "header media, body, both buttons": (
            "order_receipt",
            "en_US",
            (
                fill.header(relevo.ImageContent(link="https://cdn.example/h.jpg")),
                fill.body("Ana", fill.date_time("May 1")),
                fill.quick_reply(0, "thanks-77"),
                fill.url(1, "77"),
            ),
        ),
        "header text and a code to copy": (
            "spring_sale",
            "en_US",
            (
                fill.header("Ana"),
                fill.body(fill.currency("USD", 20_000, "$20")),
                fill.copy_code(0, "SAVE20"),
            ),
        ),
        "named": ("appointment_reminder", "es_AR", (fill.body(customer="Ana", day="lunes"),)),
        "limited-time offer": (
            "last_chance",
            "en_US",
            (
                fill.limited_time_offer(datetime(2027, 1, 1, tzinfo=UTC)),
                fill.body("Ana"),
                fill.copy_code(0, "SAVE20"),
                fill.url(1, "77"),
            ),
        ),
        "carousel": (
            "new_arrivals",
            "en_US",
            (
                fill.body("Ana"),
                fill.carousel(
                    *[
                        (
                            fill.header(relevo.ImageContent(link="https://cdn.example/c.jpg")),
                            fill.body("Shoes"),
                            fill.quick_reply(0, f"more-{card}"),
                        )
                        for card in range(2)
                    ]
                ),
            ),
        ),
        "authentication": ("sign_in_code", "en_US", fill.one_time_code("123456")),
    }
)


@pytest.mark.parametrize("kind", TEMPLATES)
async def test_template_with_every_kind_of_component_is_taken(
    kind: str, whatsapp: MetaWhatsApp, remote: Remote
) -> None:
    name, language, components = TEMPLATES[kind]
    content = relevo.TemplateContent(name=name, language=language, components=components)
    receipt = await whatsapp.send(relevo.Message(to=TO, content=content))
    assert receipt.provider_message_id == remote.state.messages[-1].wamid


async def test_marketing_templates_go_by_their_own_route_and_others_are_refused_there(
    whatsapp: MetaWhatsApp, remote: Remote
) -> None:
    sale = MarketingTemplate(
        name="spring_sale",
        language="en_US",
        components=(fill.header("Ana"), fill.body("20%"), fill.copy_code(0, "SAVE20")),
        message_activity_sharing=True,
    )
    await whatsapp.send(relevo.Message(to=TO, content=sale))
    assert remote.state.messages[-1].payload["message_activity_sharing"] is True
    utility = MarketingTemplate(name="order_update", language="es_AR", parameters=("Ana", "77"))
    with pytest.raises(relevo.Rejected) as caught:
        await whatsapp.send(relevo.Message(to=TO, content=utility))
    assert caught.value.provider_code == "134100"


async def test_file_goes_up_in_pieces_and_comes_back_the_same(
    whatsapp: MetaWhatsApp, remote: Remote
) -> None:
    body = bytes(range(256)) * 1000
    media_id = await upload(whatsapp, "image", body)
    async with whatsapp.fetch_media(media_id) as media:
        got = b"".join([part async for part in media.chunks])
    assert got == body
    assert (media.mime_type, media.size) == ("image/png", len(body))
    remote.state.reset()
    with pytest.raises(relevo.Rejected):
        async with whatsapp.fetch_media(media_id):
            pass


@asynccontextmanager
async def swallowing() -> AsyncIterator[str]:
    """Take any request and answer none."""

    async def serve(stream: SocketStream) -> None:
        async with stream:
            with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                while True:
                    await stream.receive()

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra_attributes[SocketAttribute.local_port]()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, serve)
            yield f"http://127.0.0.1:{port}"
            tasks.cancel_scope.cancel()


@pytest.mark.parametrize("size", [1, 3])
async def test_file_without_the_size_it_says_is_refused_on_either_transport(size: int) -> None:
    """One of them tells the fault of a file as a lost connection."""
    async with swallowing() as url, open_transport() as transport, aclosing(chunks(b"by")) as parts:
        settings = {"phone_number_id": "1", "access_token": "x", "base_url": url}
        config = MetaWhatsAppConfig.model_validate(settings)
        async with account_client("shop", MetaWhatsApp.client_settings(config), transport) as http:
            file = relevo.MediaUpload("image/png", size, parts, "image")
            with pytest.raises(relevo.Rejected, match=f"the {size} bytes it says"):
                await MetaWhatsApp("shop", config, http).upload_media(file)
