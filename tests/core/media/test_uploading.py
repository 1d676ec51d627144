"""Files of ours: kept once, uploaded once for each account, named by the vendor's id."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import anyio
import pytest
from tests.core.media.vendor import BYTES, SHA256, SOON, Vendor, pieces

import relevo
from relevo.events import utc_now

pytestmark = pytest.mark.anyio

S = relevo.DeliveryStatus
ACCOUNTS = {"shop": {"provider": "vendor"}}
TO = "+5491155550100"
NO_FILE = "7b1e5a52-6f0c-4c11-9d53-0f6a2d3c4b5e"


@pytest.fixture(autouse=True)
def _anew() -> None:
    Vendor.forget()


@pytest.fixture
async def dispatcher() -> AsyncIterator[relevo.Dispatcher]:
    settings = relevo.parse_settings(
        {"accounts": ACCOUNTS, "worker": {"retry_base_s": 0.001, "retry_cap_s": 0.002}}
    )
    async with relevo.open(settings, providers=[Vendor]) as opened:
        yield opened


def image(media: relevo.MediaRecord) -> relevo.Message:
    return relevo.Message(
        to=TO, content=relevo.ImageContent(media=str(media.media_id), caption="c")
    )


async def test_file_is_kept_from_bytes_a_path_or_pieces(
    dispatcher: relevo.Dispatcher, tmp_path: Path
) -> None:
    (tmp_path / "menú.pdf").write_bytes(BYTES)
    for source, name, kind in (
        (BYTES, None, "application/octet-stream"),
        (tmp_path / "menú.pdf", "menú.pdf", "application/pdf"),
        (pieces(BYTES[:3], BYTES[3:]), None, "application/octet-stream"),
    ):
        kept = await dispatcher.keep_media(source)
        assert (kept.state, kept.sha256, kept.size) == (
            relevo.MediaState.STORED,
            SHA256,
            len(BYTES),
        )
        assert (kept.filename, kept.mime_type) == (name, kind)
        async with dispatcher.open_media(kept.media_id) as chunks:
            assert b"".join([chunk async for chunk in chunks]) == BYTES


async def test_message_leaves_with_the_vendors_id_of_the_file(
    dispatcher: relevo.Dispatcher,
) -> None:
    kept = await dispatcher.keep_media(BYTES, mime_type="image/jpeg", filename="a.jpg")
    message = image(kept)
    await dispatcher.send(message)
    assert Vendor.uploads == [("image", "image/jpeg", "a.jpg", BYTES)]
    (sent,) = Vendor.sent
    assert sent.content == relevo.ImageContent(id="up-1", caption="c")
    assert sent.message_id == message.message_id
    record = await dispatcher.message(message.message_id)
    assert record.content == message.content, "what was asked stays as it was asked"


async def test_file_above_buttons_is_uploaded_too(dispatcher: relevo.Dispatcher) -> None:
    kept = await dispatcher.keep_media(BYTES, mime_type="image/jpeg")
    header = relevo.ImageContent(media=str(kept.media_id))
    content = relevo.ButtonsContent(
        body="b", buttons=(relevo.Button(id="1", title="t"),), header=header
    )
    await dispatcher.send(relevo.Message(to=TO, content=content))
    assert Vendor.sent[0].content.header == relevo.ImageContent(id="up-1")  # type: ignore[union-attr] # buttons


@pytest.mark.parametrize(
    ("content", "sent", "kinds"),
    [
        (
            relevo.TemplateContent(
                name="n",
                language="es",
                components=(
                    {"type": "header", "parameters": [{"type": "image", "image": {"media": "M"}}]},
                ),
            ),
            {
                "components": [
                    {"type": "header", "parameters": [{"type": "image", "image": {"id": "up-1"}}]}
                ]
            },
            ["image"],
        ),
        (
            relevo.NativeContent.model_validate(
                {
                    "type": "vendor.cards",
                    "cards": [
                        {"header": {"type": "video", "media": "M"}, "media": "no file"},
                        {"header": {"type": "video", "media": "M"}},
                    ],
                    "media": "no file either",
                }
            ),
            {
                "cards": [
                    {"header": {"type": "video", "id": "up-1"}, "media": "no file"},
                    {"header": {"type": "video", "id": "up-1"}},
                ],
                "media": "no file either",
            },
            ["video"],
        ),
    ],
)
async def test_files_in_a_vendors_own_words_are_uploaded(
    dispatcher: relevo.Dispatcher, content: Any, sent: dict[str, Any], kinds: list[str]
) -> None:
    """A file is one where a kind of file says so; other things may be called media, too."""
    kept = await dispatcher.keep_media(BYTES, mime_type="image/jpeg")
    told = content.model_dump_json().replace('"M"', f'"{kept.media_id}"')
    message = relevo.Message(to=TO, content=type(content).model_validate_json(told))
    await dispatcher.send(message)
    assert [kind for kind, *_ in Vendor.uploads] == kinds
    (left,) = Vendor.sent
    assert sent.items() <= left.content.model_dump(mode="json").items()


async def test_unknown_file_in_a_vendors_own_words_is_refused(
    dispatcher: relevo.Dispatcher,
) -> None:
    card = {"header": {"type": "image", "media": NO_FILE}}
    content = relevo.NativeContent.model_validate({"type": "vendor.cards", "cards": [card]})
    with pytest.raises(relevo.InvalidMessage, match=r"content\.cards\[0\]\.header\.media"):
        await dispatcher.submit(relevo.Message(to=TO, content=content))


async def test_file_that_the_vendor_lost_is_uploaded_again_once(
    dispatcher: relevo.Dispatcher,
) -> None:
    """It was refused, so trying again makes no double."""
    kept = await dispatcher.keep_media(BYTES, mime_type="image/jpeg")
    await dispatcher.send(image(kept))
    Vendor.lost = {"up-1"}
    message = image(kept)
    await dispatcher.send(message)
    ids = [sent.content.id for sent in Vendor.sent]  # type: ignore[union-attr] # all images
    assert ids == ["up-1", "up-1", "up-2"]
    first, second = await dispatcher.engine.attempts(message.message_id)
    assert first.error is not None
    assert (first.status, first.error.code) == (S.QUEUED, "unavailable")
    assert "uploads it anew" in first.error.message
    assert second.status is S.ACCEPTED
    await dispatcher.send(image(kept))
    assert len(Vendor.uploads) == 2, "the new id is kept"


async def test_file_that_the_vendor_loses_at_once_is_a_refusal(
    dispatcher: relevo.Dispatcher,
) -> None:
    """It was uploaded for this very attempt: another one would go the same way."""
    Vendor.lost = {"up-1", "up-2"}
    kept = await dispatcher.keep_media(BYTES, mime_type="image/jpeg")
    with pytest.raises(relevo.Rejected, match="no such file"):
        await dispatcher.send(image(kept))
    assert len(Vendor.uploads) == 1


async def test_many_messages_with_one_file_upload_it_once(dispatcher: relevo.Dispatcher) -> None:
    """Also those that leave at the same moment."""
    kept = await dispatcher.keep_media(BYTES, mime_type="image/jpeg")
    async with anyio.create_task_group() as tasks:
        for number in range(20):
            message = image(kept).model_copy(
                update={"to": relevo.Address("tel", f"549115555{number:04}")}
            )
            tasks.start_soon(dispatcher.send, message)
    assert (len(Vendor.sent), len(Vendor.uploads)) == (20, 1)


async def test_id_that_expires_within_the_hour_is_not_used(dispatcher: relevo.Dispatcher) -> None:
    Vendor.expires_at = utc_now() + SOON
    kept = await dispatcher.keep_media(BYTES, mime_type="image/jpeg")
    await dispatcher.send(image(kept))
    Vendor.expires_at = None
    await dispatcher.send(image(kept))
    await dispatcher.send(image(kept))
    ids = [sent.content.id for sent in Vendor.sent]  # type: ignore[union-attr] # all images
    assert ids == ["up-1", "up-2", "up-2"]


@pytest.mark.parametrize(
    "fault",
    [
        relevo.Unavailable("away"),
        relevo.OutcomeUnknown("cut off while writing"),
    ],
)
async def test_upload_that_fails_is_tried_again(
    dispatcher: relevo.Dispatcher, fault: Exception
) -> None:
    """Nothing has left for the person: there is no doubt about the message."""
    Vendor.faults = [fault]
    kept = await dispatcher.keep_media(BYTES, mime_type="image/jpeg")
    message = image(kept)
    await dispatcher.send(message)
    first, second = await dispatcher.engine.attempts(message.message_id)
    assert first.error is not None
    assert (first.status, first.error.code) == (S.QUEUED, "unavailable")
    assert "content.media" in first.error.message
    assert second.status is S.ACCEPTED


async def test_uploads_that_fail_use_up_attempts() -> None:
    Vendor.faults = [relevo.Unavailable("away") for _ in range(3)]
    settings = relevo.parse_settings(
        {
            "accounts": ACCOUNTS,
            "worker": {"retry_base_s": 0.001, "retry_cap_s": 0.002, "max_attempts": 2},
        }
    )
    async with relevo.open(settings, providers=[Vendor]) as dispatcher:
        kept = await dispatcher.keep_media(BYTES, mime_type="image/jpeg")
        with pytest.raises(relevo.Unavailable):
            await dispatcher.send(image(kept))
    assert (len(Vendor.faults), Vendor.sent) == (1, [])


@pytest.mark.parametrize(
    ("fault", "code"),
    [(relevo.Rejected("too large for it"), "rejected"), (ValueError("secret"), "provider_failed")],
)
async def test_upload_that_is_refused_ends_the_message_and_names_the_field(
    dispatcher: relevo.Dispatcher, fault: Exception, code: str
) -> None:
    Vendor.faults = [fault]
    kept = await dispatcher.keep_media(BYTES, mime_type="image/jpeg")
    with pytest.raises(relevo.Rejected, match=r"content\.media") as refused:
        await dispatcher.send(image(kept))
    assert "secret" not in str(refused.value)
    assert refused.value.code == code
    assert Vendor.sent == []


class Choosy(Vendor):
    """Look at files: at those for pictures by their type, at the others as each test says."""

    looks: ClassVar[list[Exception | None]] = []

    def check_media(self, kind: str, *, mime_type: str, size: int) -> None:
        fault = Choosy.looks.pop(0) if Choosy.looks else None
        if fault is not None:
            raise fault
        if kind == "image" and mime_type != "image/jpeg":
            msg = f"Account {self.account!r}: no picture; {size} bytes."
            raise relevo.Rejected(msg)


@pytest.fixture
async def choosy() -> AsyncIterator[relevo.Dispatcher]:
    settings = relevo.parse_settings({"accounts": ACCOUNTS})
    async with relevo.open(settings, providers=[Choosy]) as opened:
        yield opened


async def test_file_is_looked_at_as_what_it_is_sent_as(choosy: relevo.Dispatcher) -> None:
    """That it went out as a document says nothing of it as a picture."""
    kept = await choosy.keep_media(BYTES, mime_type="application/pdf")
    document = relevo.DocumentContent(media=str(kept.media_id))
    await choosy.send(relevo.Message(to=TO, content=document))
    told = f"Account 'shop': content.media: no picture; {len(BYTES)} bytes."
    for ask in (choosy.submit, choosy.plan):
        with pytest.raises(relevo.Rejected) as refused:
            await ask(image(kept))
        assert refused.value.message == told
    assert len(Vendor.uploads) == len(Vendor.sent) == 1
    assert len((await choosy.engine.messages(relevo.MessageQuery())).items) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (relevo.Rejected("Account 'shop': not any more"), relevo.Rejected),
        (KeyError("secret"), relevo.ProviderFailed),
    ],
)
async def test_file_is_looked_at_again_before_its_id_is_used_again(
    choosy: relevo.Dispatcher, fault: Exception, kind: type[relevo.Rejected]
) -> None:
    """A provider's bug there ends one message and no worker."""
    kept = await choosy.keep_media(BYTES, mime_type="image/jpeg")
    await choosy.send(image(kept))
    Choosy.looks = [None, fault]
    with pytest.raises(kind, match=r"Account 'shop': content\.media: ") as refused:
        await choosy.send(image(kept), wait_s=5)
    assert refused.value.code == kind.code
    assert "secret" not in str(refused.value)
    await choosy.send(image(kept), wait_s=5)
    assert (len(Vendor.uploads), len(Vendor.sent)) == (1, 2)


@pytest.mark.parametrize("media", [NO_FILE, "no id at all"])
async def test_unknown_file_is_refused_before_anything_is_kept(
    dispatcher: relevo.Dispatcher, media: str
) -> None:
    message = relevo.Message(to=TO, content=relevo.ImageContent(media=media))
    with pytest.raises(relevo.InvalidMessage, match=r"content\.media: no file"):
        await dispatcher.submit(message)
    assert (await dispatcher.engine.messages(relevo.MessageQuery())).items == []


async def test_file_that_is_too_large_is_refused_and_is_none_that_people_sent() -> None:
    settings = relevo.parse_settings({"accounts": ACCOUNTS, "media": {"max_bytes": 10}})
    async with relevo.open(settings, providers=[Vendor]) as dispatcher:
        with pytest.raises(relevo.MediaTooLarge, match="10 bytes"):
            await dispatcher.keep_media(BYTES)
        pulse = await dispatcher.engine.pulse()
        assert (pulse.pending_media, pulse.failed_media) == (0, 0)


async def test_upload_longer_than_a_lease_keeps_the_lane() -> None:
    """The lease is lengthened meanwhile, and the attempt has its whole time after it."""

    async def wait() -> None:
        await anyio.sleep(0.6)

    Vendor.on_call = (wait,)
    settings = relevo.parse_settings(
        {"accounts": ACCOUNTS, "worker": {"attempt_s": 0.15, "lease_s": 0.2}}
    )
    async with relevo.open(settings, providers=[Vendor]) as dispatcher:
        kept = await dispatcher.keep_media(BYTES, mime_type="image/jpeg")
        message = image(kept)
        await dispatcher.send(message)
        (attempt,) = await dispatcher.engine.attempts(message.message_id)
        assert attempt.status is S.ACCEPTED
        assert len(Vendor.uploads) == len(Vendor.sent) == 1


async def test_upload_is_cut_off_when_its_time_is_over() -> None:
    Vendor.on_call = (anyio.sleep_forever,)
    settings = relevo.parse_settings(
        {
            "accounts": ACCOUNTS,
            "media": {"upload_s": 0.02},
            "worker": {"max_attempts": 1, "retry_base_s": 0.001},
        }
    )
    async with relevo.open(settings, providers=[Vendor]) as dispatcher:
        kept = await dispatcher.keep_media(BYTES, mime_type="image/jpeg")
        with pytest.raises(relevo.Unavailable, match=r"longer than 0\.02 s"):
            await dispatcher.send(image(kept))
