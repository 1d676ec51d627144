"""Files of ours in everything WhatsApp carries, and accounts whose app secret is wrong: whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

import relevo
from relevo_meta_whatsapp import components, native
from relevo_meta_whatsapp.payloads import build_payload
from relevo_meta_whatsapp.sandbox import Behaviour
from relevo_meta_whatsapp.sandbox.webhooks.sample_files import sample_file

if TYPE_CHECKING:
    from tests.plugins.meta_whatsapp.conftest import Remote

pytestmark = pytest.mark.anyio

TO = "34600111222"
JPEG = sample_file("image/jpeg") or b""


@asynccontextmanager
async def opened(remote: Remote, **changed: Any) -> AsyncIterator[relevo.Dispatcher]:
    settings = relevo.parse_settings(
        {
            "accounts": {"shop": {**remote.account, **changed}},
            "worker": {"retry_base_s": 0.001, "retry_cap_s": 0.002, "health_every_s": 0},
        }
    )
    async with relevo.open(settings) as dispatcher:
        yield dispatcher


def carousel(media: str) -> relevo.NativeContent:
    cards = tuple(
        native.LinkCard(
            header=relevo.ImageContent(media=media), label="Buy", url="https://a.example", body=name
        )
        for name in ("A", "B")
    )
    return native.Carousel(body="Two", cards=cards)


def receipt_template(media: str) -> relevo.TemplateContent:
    return relevo.TemplateContent(
        name="order_receipt",
        language="en_US",
        components=(
            components.header(relevo.ImageContent(media=media)),
            components.body("Ana", "77"),
            components.url(1, "77"),
        ),
    )


def flow(media: str) -> relevo.NativeContent:
    return native.Flow(
        body="b", label="l", flow_id="5550001", header=relevo.ImageContent(media=media)
    )


@pytest.mark.parametrize("build", [carousel, receipt_template, flow])
async def test_file_of_ours_goes_wherever_a_file_can_stand(build: Any, remote: Remote) -> None:
    """The sandbox takes ids of files that it has, and no key that Meta does not document."""
    async with opened(remote) as dispatcher:
        kept = await dispatcher.keep_media(JPEG, mime_type="image/jpeg")
        content = build(str(kept.media_id))
        await dispatcher.send(relevo.Message(to=TO, content=content))
        message_id = await dispatcher.submit(relevo.Message(to=TO, content=content))
        record = await dispatcher.message(message_id)
    assert str(kept.media_id) in record.content.model_dump_json(), "kept as it was asked"
    payload = str(remote.state.messages[0].payload)
    assert str(kept.media_id) not in payload
    assert "'media'" not in payload


async def test_template_whose_file_was_not_uploaded_is_refused() -> None:
    """Whoever calls the provider without core has to upload it first."""
    message = relevo.Message(to=TO, content=receipt_template("ours-1"))
    with pytest.raises(relevo.Rejected, match="uploaded first"):
        build_payload("shop", message)


async def test_file_that_meta_lost_early_is_given_anew(remote: Remote) -> None:
    async with opened(remote) as dispatcher:
        kept = await dispatcher.keep_media(JPEG, mime_type="image/jpeg")
        image = relevo.ImageContent(media=str(kept.media_id))
        await dispatcher.send(relevo.Message(to=TO, content=image))
        first = remote.state.messages[0].payload["image"]
        assert isinstance(first, dict)
        remote.state.media.remove(str(first["id"]))
        await dispatcher.send(relevo.Message(to=TO, content=image))
    assert [one.payload["image"] != first for one in remote.state.messages] == [False, True]


@pytest.mark.parametrize(
    ("changed", "demands", "advice"),
    [
        ({"app_secret": "canary-wrong", "appsecret_proof": True}, False, "app_secret"),
        ({}, True, "set appsecret_proof = true"),
    ],
)
async def test_fault_of_the_app_secret_pauses_the_account(
    changed: dict[str, Any],
    demands: bool,  # noqa: FBT001 - pytest's way
    advice: str,
    remote: Remote,
) -> None:
    """The message waits; the pause names the cause and the setting, not the token."""
    remote.state.behave(Behaviour(story=(), demand_proof=demands))
    async with opened(remote, **changed) as dispatcher:
        message = relevo.Message(to=TO, text="x")
        with pytest.raises(relevo.StillPending):
            await dispatcher.send(message, wait_s=0.3)
        state = (await dispatcher.account_states())["shop"]
        record = await dispatcher.message(message.message_id)
    assert record.status is relevo.DeliveryStatus.QUEUED
    assert state.pause_error is not None
    assert advice in state.pause_error.message
    assert "canary-wrong" not in state.pause_error.message
    assert remote.state.total == 0
