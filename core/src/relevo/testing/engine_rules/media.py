"""What is promised about files: asked for with their message, fetched by one, told once."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from uuid import uuid4

import anyio
import pytest

from relevo.contents import DocumentContent, EditContent, ImageContent, TextContent
from relevo.engines.records import (
    Direction,
    Effect,
    ItemState,
    MediaOutcome,
    MediaRecord,
    MediaState,
    MessageQuery,
    MessageRecord,
    ParsedItem,
    Retention,
    UploadRecord,
)
from relevo.errors import UnknownMedia
from relevo.events import ErrorDetail, EventType, InboundMessage
from relevo.messages import Address, new_message_id
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import AWAY, CLINIC, SHOP, EngineSetup, OpenEngine, Scene
from relevo.webhooks import WebhookItem

_DAY_S = 86_400.0
_LEASE_S = 60.0
_SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_numbers = count(1)
_IMAGE = ImageContent(id="v-media-1", mime_type="image/jpeg", sha256=_SHA, size=4)


async def _hear_file(
    scene: Scene,
    content: ImageContent | DocumentContent | EditContent = _IMAGE,
    *,
    within_s: float | None = 7 * _DAY_S,
    account: str = SHOP,
) -> MessageRecord:
    """Hear a message with a file from a person; give the message."""
    inbound = InboundMessage(Address("test", "ana"), content)
    item = WebhookItem(f"file-{next(_numbers)}", {})
    effect = Effect(inbound, inbound.sender.uri(), within_s)
    assert await scene.webhook(ParsedItem(item, (effect,)), account=account) == [ItemState.APPLIED]
    return (await scene.engine.messages(MessageQuery(account=account))).items[0]


async def _file_of(scene: Scene, record: MessageRecord) -> MediaRecord:
    return (await scene.engine.media_of([record.message_id]))[record.message_id]


async def _take(scene: Scene, account: str = SHOP, most: int = 10) -> list[MediaRecord]:
    return await scene.engine.claim_media({account: most}, lease_s=_LEASE_S)


def _stored(media: MediaRecord, key: str = _SHA) -> MediaOutcome:
    return MediaOutcome(
        media.media_id,
        media.attempts,
        MediaState.STORED,
        mime_type="image/png",
        size=4,
        sha256=_SHA,
        store_key=key,
    )


def _again(media: MediaRecord, in_s: float, error: ErrorDetail = AWAY) -> MediaOutcome:
    return MediaOutcome(
        media.media_id, media.attempts, MediaState.PENDING, retry_in_s=in_s, error=error
    )


async def _keep(scene: Scene, key: str = _SHA) -> MediaRecord:
    """Keep a file of ours."""
    now = scene.clock()
    media = MediaRecord(
        new_message_id(), Direction.OUT, MediaState.PENDING, now, now, filename="menú.pdf"
    )
    await scene.engine.add_media(media)
    assert await scene.engine.finish_media(_stored(media, key))
    return await scene.engine.media(media.media_id)


@pytest.mark.anyio
class InboundMediaRules(EngineSetup):
    """Files that people send."""

    async def test_file_of_a_person_is_asked_for_with_its_message(self, scene: Scene) -> None:
        """One commit: the message, its event, and that the file is due now."""
        record = await _hear_file(scene)
        media = await _file_of(scene, record)
        assert (media.state, media.direction) == (MediaState.PENDING, Direction.IN)
        assert (media.account, media.message_id) == (SHOP, record.message_id)
        assert (media.provider_media_id, media.mime_type) == ("v-media-1", "image/jpeg")
        assert (media.sha256, media.size) == (_SHA, 4)
        assert media.next_at == scene.clock()
        assert media.deadline == scene.clock() + timedelta(days=7)
        (event,) = await scene.log()
        assert event.data["media"]["id"] == str(media.media_id)
        assert event.data["media"]["state"] == "pending"
        assert await scene.engine.media(media.media_id) == media
        assert (await scene.engine.pulse()).pending_media == 1

    async def test_file_that_the_provider_does_not_give_is_not_asked_for(
        self, scene: Scene
    ) -> None:
        """The message is kept as it is."""
        record = await _hear_file(scene, within_s=None)
        assert await scene.engine.media_of([record.message_id]) == {}
        assert await _take(scene) == []

    async def test_message_with_a_link_has_no_file_to_fetch(self, scene: Scene) -> None:
        """Only what the provider names by an id is."""
        record = await _hear_file(scene, ImageContent(link="https://example.com/a.png"))
        assert await scene.engine.media_of([record.message_id]) == {}

    async def test_file_within_an_edit_is_asked_for(self, scene: Scene) -> None:
        """It is as much the person's as the first one."""
        document = DocumentContent(id="v-2", filename="plan.pdf")
        record = await _hear_file(scene, EditContent(target="in-1", content=document))
        assert (await _file_of(scene, record)).filename == "plan.pdf"

    async def test_message_heard_twice_asks_once(self, scene: Scene) -> None:
        """The provider repeats webhooks."""
        effect = Effect(InboundMessage(Address("test", "ana"), _IMAGE), "test:ana", _DAY_S)
        item = ParsedItem(WebhookItem("same", {}), (effect,))
        await scene.webhook(item, item)
        await scene.webhook(item)
        assert len(await _take(scene)) == 1

    async def test_due_file_is_given_to_one_and_to_another_when_its_time_is_over(
        self, scene: Scene
    ) -> None:
        """Whoever took it may be gone."""
        await _hear_file(scene)
        (first,) = await _take(scene)
        assert first.attempts == 1
        assert await _take(scene) == []
        scene.clock.advance(_LEASE_S)
        (second,) = await _take(scene)
        assert (second.media_id, second.attempts) == (first.media_id, 2)
        assert not await scene.engine.finish_media(_stored(first)), "it is another's now"
        assert await scene.engine.finish_media(_stored(second))
        assert not await scene.engine.finish_media(_stored(second)), "it is done"

    async def test_files_are_taken_within_the_room_of_each_account(self, scene: Scene) -> None:
        """One account's flood leaves room for the others."""
        for _ in range(3):
            await _hear_file(scene)
        await _hear_file(scene, account=CLINIC)
        taken = await scene.engine.claim_media({SHOP: 2, CLINIC: 2}, lease_s=_LEASE_S)
        assert sorted(media.account or "" for media in taken) == [CLINIC, SHOP, SHOP]
        assert await scene.engine.claim_media({}, lease_s=_LEASE_S) == []

    async def test_stored_file_is_told_on_its_message(self, scene: Scene) -> None:
        """As later news of it; the message itself does not move."""
        record = await _hear_file(scene)
        (media,) = await _take(scene)
        await scene.engine.finish_media(_stored(media))
        stored = await _file_of(scene, record)
        assert (stored.state, stored.store_key, stored.size) == (MediaState.STORED, _SHA, 4)
        assert (stored.mime_type, stored.next_at, stored.error) == ("image/png", None, None)
        arrived, told = await scene.told(record)
        assert (arrived.type, told.type) == (EventType.INBOUND, EventType.STATUS)
        assert told.data["media"]["state"] == "stored"
        assert (told.data["moved"], told.data["message_status"]) == (False, "delivered")
        assert told.data["direction"] == "in"
        assert await _take(scene) == []
        assert await scene.now(record) == record

    async def test_failure_is_seen_and_tried_again_in_its_time(self, scene: Scene) -> None:
        """It is told only once it is final."""
        record = await _hear_file(scene)
        (media,) = await _take(scene)
        await scene.engine.finish_media(_again(media, in_s=30))
        waiting = await _file_of(scene, record)
        assert (waiting.state, waiting.error) == (MediaState.PENDING, AWAY)
        assert len(await scene.told(record)) == 1
        scene.clock.advance(29)
        assert await _take(scene) == []
        scene.clock.advance(1)
        (again,) = await _take(scene)
        assert again.attempts == 2

    async def test_last_try_is_at_the_deadline(self, scene: Scene) -> None:
        """After it the file has failed, with the last error, and that is told."""
        record = await _hear_file(scene, within_s=100)
        (media,) = await _take(scene)
        await scene.engine.finish_media(_again(media, in_s=3_600))
        assert (await _file_of(scene, record)).next_at == scene.clock() + timedelta(seconds=100)
        scene.clock.advance(100)
        (last,) = await _take(scene)
        await scene.engine.finish_media(_again(last, in_s=3_600))
        failed = await _file_of(scene, record)
        assert (failed.state, failed.error, failed.next_at) == (MediaState.FAILED, AWAY, None)
        told = (await scene.told(record))[-1]
        assert told.data["media"]["state"] == "failed"
        assert told.data["media"]["error"]["code"] == AWAY.code
        pulse = await scene.engine.pulse()
        assert (pulse.pending_media, pulse.failed_media) == (0, 1)

    async def test_file_that_never_came_is_asked_for_again(self, scene: Scene) -> None:
        """By hand: due at once, for as long as was asked; what came before stays known."""
        record = await _hear_file(scene)
        (media,) = await _take(scene)
        lost = MediaOutcome(media.media_id, media.attempts, MediaState.FAILED, error=AWAY)
        assert await scene.engine.finish_media(lost)
        assert await _take(scene) == []
        asked = await scene.engine.ask_media_again(media.media_id, within_s=60)
        assert (asked.state, asked.error) == (MediaState.PENDING, AWAY)
        assert asked.next_at == scene.clock()
        assert asked.deadline == scene.clock() + timedelta(seconds=60)
        (again,) = await _take(scene)
        assert again.attempts == media.attempts + 1
        assert await scene.engine.finish_media(_stored(again))
        stored = await _file_of(scene, record)
        assert stored.state is MediaState.STORED
        assert await scene.engine.ask_media_again(media.media_id, within_s=60) == stored

    async def test_unknown_file_is_an_error(self, scene: Scene) -> None:
        """It names the id."""
        unknown = uuid4()
        with pytest.raises(UnknownMedia, match=str(unknown)):
            await scene.engine.media(unknown)
        assert not await scene.engine.finish_media(MediaOutcome(unknown, 0, MediaState.FAILED))


@pytest.mark.anyio
class OutboundMediaRules(EngineSetup):
    """Files of ours."""

    async def test_file_of_ours_is_kept_and_told_to_nobody(self, scene: Scene) -> None:
        """It belongs to no message yet."""
        media = await _keep(scene)
        assert (media.state, media.filename, media.account) == (
            MediaState.STORED,
            "menú.pdf",
            None,
        )
        assert await scene.log() == []

    async def test_file_of_ours_that_never_came_is_none_that_people_sent(
        self, scene: Scene
    ) -> None:
        """Neither while it is on its way nor when it was cut."""
        now = scene.clock()
        media = MediaRecord(new_message_id(), Direction.OUT, MediaState.PENDING, now, now)
        await scene.engine.add_media(media)
        before = await scene.engine.pulse()
        cut = MediaOutcome(media.media_id, media.attempts, MediaState.FAILED, error=AWAY)
        assert await scene.engine.finish_media(cut)
        after = await scene.engine.pulse()
        assert [(one.pending_media, one.failed_media) for one in (before, after)] == [(0, 0)] * 2

    async def test_upload_is_remembered_for_each_account(self, scene: Scene) -> None:
        """A newer one takes its place."""
        media = await _keep(scene)
        assert await scene.engine.uploaded(media.media_id, SHOP) is None
        first = UploadRecord(media.media_id, SHOP, "up-1", scene.clock())
        for upload in (first, UploadRecord(media.media_id, SHOP, "up-2")):
            await scene.engine.keep_upload(upload)
            assert await scene.engine.uploaded(media.media_id, SHOP) == upload
        assert await scene.engine.uploaded(media.media_id, CLINIC) is None


@pytest.mark.anyio
class MediaPurgeRules(EngineSetup):
    """What becomes of files in time."""

    async def test_old_file_goes_and_its_place_is_told(self, scene: Scene) -> None:
        """The row stays and says so; where its bytes lie is known until they are removed."""
        old = await _keep(scene)
        await scene.engine.keep_upload(UploadRecord(old.media_id, SHOP, "up-1"))
        scene.clock.advance(10)
        young = await _keep(scene, key="a" * 64)
        assert (await scene.engine.tidy(Retention())).media == 0
        assert (await scene.engine.tidy(Retention(media_s=10))).media == 1
        gone = await scene.engine.media(old.media_id)
        assert (gone.state, gone.store_key, gone.filename) == (MediaState.GONE, _SHA, None)
        assert await scene.engine.uploaded(old.media_id, SHOP) is None
        assert await scene.engine.media(young.media_id) == young
        assert await scene.engine.leaving_files(10) == {_SHA: False}
        await scene.engine.forget_files([_SHA])
        assert await scene.engine.leaving_files(10) == {}

    async def test_bytes_that_another_file_shares_are_in_use(self, scene: Scene) -> None:
        """They lie there once, under their hash."""
        await _keep(scene)
        scene.clock.advance(10)
        young = await _keep(scene)
        await scene.engine.tidy(Retention(media_s=10))
        assert await scene.engine.leaving_files(10) == {_SHA: True}
        await scene.engine.forget_files([_SHA])
        assert (await scene.engine.media(young.media_id)).store_key == _SHA

    async def test_file_that_is_still_asked_for_stays(self, scene: Scene) -> None:
        """Its own deadline ends that."""
        record = await _hear_file(scene)
        scene.clock.advance(10)
        await scene.engine.tidy(Retention(media_s=5))
        assert (await _file_of(scene, record)).state is MediaState.PENDING

    async def test_text_says_nothing_of_files(self, scene: Scene) -> None:
        """No empty member."""
        await scene.hear(InboundMessage(Address("test", "ana"), TextContent(body="hi")))
        (event,) = await scene.log()
        assert "media" not in event.data


@pytest.mark.anyio
class MediaRestartRules(EngineSetup):
    """What of files outlives the process."""

    async def test_files_outlive_the_process(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """One that was being fetched is due again, at the latest when its time in hand is over."""
        async with open_engine(clock) as engine:
            scene = Scene(engine, clock)
            kept = await _keep(scene)
            await engine.keep_upload(UploadRecord(kept.media_id, SHOP, "up-1", clock()))
            record = await _hear_file(scene)
            (taken,) = await _take(scene)
        clock.advance(_LEASE_S)
        async with open_engine(clock) as engine:
            scene = Scene(engine, clock)
            assert await engine.media(kept.media_id) == kept
            assert await engine.uploaded(kept.media_id, SHOP) is not None
            (again,) = await _take(scene)
            assert (again.media_id, again.attempts) == (taken.media_id, 2)
            assert (await _file_of(scene, record)).media_id == taken.media_id


@pytest.mark.anyio
class SharedMediaRules(EngineSetup):
    """Files between machines: two engines on one store."""

    async def test_each_file_is_given_to_one_machine(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """Also where both ask in the same moment; one that is gone loses it in time."""
        async with open_engine(clock) as one, open_engine(clock) as other:
            here, there = Scene(one, clock), Scene(other, clock)
            for _ in range(12):
                await _hear_file(here)
            taken: list[MediaRecord] = []

            async def work(scene: Scene) -> None:
                while mine := await _take(scene, most=2):
                    taken.extend(mine)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(work, here)
                tasks.start_soon(work, there)
            # A row that the other had in hand is passed over; nobody has it afterwards.
            taken += await _take(here, most=12)
            assert len({media.media_id for media in taken}) == len(taken) == 12
            clock.advance(_LEASE_S)
            again = await _take(there, most=12)
            assert {media.media_id for media in again} == {media.media_id for media in taken}
            assert not await one.finish_media(_stored(taken[0]))
            newer = next(media for media in again if media.media_id == taken[0].media_id)
            assert await other.finish_media(_stored(newer))
            assert (await one.media(newer.media_id)).state is MediaState.STORED
