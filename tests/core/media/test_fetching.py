"""Files that people send: fetched soon, checked, tried again until the provider's deadline."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.core.media.vendor import BYTES, SHA256, Config, Vendor

import relevo
from relevo.accounts import Account
from relevo.engines.memory import MemoryEngine
from relevo.engines.records import Effect, InterpretedWebhook, ParsedItem, Retention
from relevo.media import Fetcher, FetchTerms, FileMediaStore, MediaStore, MemoryMediaStore, Remover
from relevo.testing import FakeClock
from relevo.webhooks import WebhookItem, WebhookRequest

pytestmark = pytest.mark.anyio

_keys = count(1)
WEEK_S = 7 * 86_400.0
M = relevo.MediaState


class Desk:
    """An engine on a fake clock, a fetcher, and words for what happens to one file."""

    def __init__(self, clock: FakeClock, store: MediaStore, most_bytes: int = 1_000) -> None:
        self.clock = clock
        self.engine = MemoryEngine(clock)
        self.store = store
        account = Account("shop", Vendor("shop", Config(), None))
        terms = FetchTerms(most_bytes=most_bytes)
        self.fetcher = Fetcher(self.engine, {"shop": account}, store, terms)
        self.message: relevo.MessageRecord

    async def hear(self, **content: Any) -> None:
        """Hear of an image from a person."""
        image = relevo.ImageContent(id="v-1", **content)
        inbound = relevo.InboundMessage(relevo.Address("tel", "549115550100"), image)
        item = ParsedItem(
            WebhookItem(f"k{next(_keys)}", {}), (Effect(inbound, "tel:549115550100", WEEK_S),)
        )
        webhook_id = await self.engine.keep_webhook("shop", WebhookRequest("POST", "/", b"{}"))
        await self.engine.apply_items([InterpretedWebhook(webhook_id, "vendor", [item])])
        self.message = (await self.engine.messages(relevo.MessageQuery())).items[0]

    async def file(self) -> relevo.MediaRecord:
        """Tell how the file is."""
        return (await self.engine.media_of([self.message.message_id]))[self.message.message_id]

    async def code(self) -> str | None:
        """Tell why the file is not here."""
        error = (await self.file()).error
        return error.code if error else None


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    Vendor.forget()
    return Desk(FakeClock(), FileMediaStore(tmp_path / "media"))


async def test_file_is_fetched_checked_and_stored(desk: Desk) -> None:
    await desk.hear(sha256=SHA256, mime_type="image/png")
    assert await desk.fetcher.fetch_due() == 1
    media = await desk.file()
    assert (media.state, media.sha256, media.size) == (M.STORED, SHA256, len(BYTES))
    assert media.mime_type == "image/jpeg", "as told with the bytes"
    async with desk.store.open(media.store_key or "") as chunks:
        assert b"".join([chunk async for chunk in chunks]) == BYTES
    assert await desk.fetcher.fetch_due() == 0


@pytest.mark.parametrize(
    ("told", "content"),
    [
        ({"sha256": "0" * 64}, {}),
        ({"sha256": None}, {"sha256": "0" * 64}),
        ({"size": 3}, {}),
    ],
)
async def test_bytes_that_are_not_those_announced_are_not_kept(
    desk: Desk, tmp_path: Path, told: dict[str, object], content: dict[str, object]
) -> None:
    """And asked for again: they may have been cut on their way."""
    Vendor.told = told
    await desk.hear(**content)
    await desk.fetcher.fetch_due()
    assert ((await desk.file()).state, await desk.code()) == (M.PENDING, "media_mismatch")
    assert [one for one in (tmp_path / "media").rglob("*") if one.is_file()] == []


async def test_file_of_which_nothing_is_told_is_taken_as_it_is(desk: Desk) -> None:
    Vendor.told = {"sha256": None, "size": None, "mime_type": None}
    await desk.hear(mime_type="image/png")
    await desk.fetcher.fetch_due()
    media = await desk.file()
    assert (media.state, media.mime_type, media.sha256) == (M.STORED, "image/png", SHA256)


async def test_failures_are_tried_again_with_growing_waits_until_the_deadline(desk: Desk) -> None:
    """The last try is at the deadline; then the file has failed for good."""
    await desk.hear()
    began = desk.clock()
    waits: list[float] = []
    while (await desk.file()).state is M.PENDING:
        Vendor.faults = [relevo.Unavailable("away")]
        assert await desk.fetcher.fetch_due() == 1
        media = await desk.file()
        if media.next_at is not None:
            waits.append((media.next_at - desk.clock()).total_seconds())
            assert await desk.fetcher.fetch_due() == 0
            desk.clock.advance(waits[-1])
    assert 1 <= waits[0] <= 2
    assert max(waits) <= 3_600
    assert (desk.clock() - began).total_seconds() == WEEK_S
    assert (await desk.code()) == "unavailable"
    assert await desk.fetcher.fetch_due() == 0
    told = (await desk.engine.events(0))[-1]
    assert (told.type, told.data["media"]["state"]) == (relevo.EventType.STATUS, "failed")


async def test_file_that_comes_after_failures_is_stored(desk: Desk) -> None:
    await desk.hear()
    Vendor.faults = [relevo.AuthFailed("expired token"), ValueError("secret")]
    for code in ("auth_failed", "unavailable"):
        await desk.fetcher.fetch_due()
        assert await desk.code() == code
        desk.clock.advance(10)
    await desk.fetcher.fetch_due()
    assert ((await desk.file()).state, await desk.code()) == (M.STORED, None)


async def test_provider_that_wants_us_to_wait_is_obeyed(desk: Desk) -> None:
    await desk.hear()
    Vendor.faults = [relevo.Throttled("slow down", retry_after_s=90)]
    await desk.fetcher.fetch_due()
    media = await desk.file()
    assert media.next_at is not None
    assert (media.next_at - desk.clock()).total_seconds() >= 90


async def test_file_the_provider_no_longer_has_is_asked_for_no_more(desk: Desk) -> None:
    await desk.hear()
    Vendor.faults = [relevo.Rejected("expired", provider_code="100")]
    await desk.fetcher.fetch_due()
    media = await desk.file()
    assert (media.state, media.next_at) == (M.FAILED, None)
    assert media.error is not None
    assert (media.error.code, media.error.provider_code) == ("rejected", "100")


@pytest.mark.parametrize("told", [{}, {"size": None}])
async def test_file_that_is_too_large_is_not_kept(told: dict[str, object]) -> None:
    """Whether the provider says so, or the bytes do."""
    Vendor.forget()
    Vendor.told = told
    desk = Desk(FakeClock(), MemoryMediaStore(), most_bytes=10)
    await desk.hear()
    await desk.fetcher.fetch_due()
    assert ((await desk.file()).state, await desk.code()) == (M.FAILED, "media_too_large")


async def test_death_between_fetch_and_mark_fetches_again(desk: Desk) -> None:
    """The bytes lie there under their hash already; the same bytes come to the same place."""
    await desk.hear()
    (taken,) = await desk.engine.claim_media({"shop": 1}, lease_s=60)
    async with Vendor("shop", Config(), None).fetch_media("v-1") as fetched:
        await desk.store.put(fetched.chunks, most_bytes=1_000)
    # Here the process dies: nobody says what came of it.
    assert await desk.fetcher.fetch_due() == 0
    desk.clock.advance(60)
    assert await desk.fetcher.fetch_due() == 1
    media = await desk.file()
    assert (media.state, media.attempts) == (M.STORED, taken.attempts + 1)


async def test_stop_in_the_middle_lets_the_file_be_fetched_again_at_once(desk: Desk) -> None:
    await desk.hear()
    began = anyio.Event()

    async def hang() -> None:
        began.set()
        await anyio.sleep_forever()

    Vendor.on_call = (hang,)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.fetcher.fetch_due)
        await began.wait()
        tasks.cancel_scope.cancel()
    Vendor.on_call = ()
    assert await desk.fetcher.fetch_due() == 1
    assert (await desk.file()).state is M.STORED


async def test_running_fetcher_hears_of_new_files_by_itself(desk: Desk) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.fetcher.run)
        await anyio.sleep(0.02)
        await desk.hear()
        with anyio.fail_after(30):
            while (await desk.file()).state is not M.STORED:
                await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()


async def test_no_more_files_of_an_account_come_at_once_than_it_may(desk: Desk) -> None:
    running = most = 0

    async def note() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.sleep(0.005)
        running -= 1

    Vendor.on_call = (note,)
    for _ in range(9):
        await desk.hear()
    while await desk.fetcher.fetch_due():
        pass
    assert (most, len(Vendor.fetched)) == (4, 9)


async def test_files_that_retention_let_go_are_removed_once_nothing_names_them(
    desk: Desk,
) -> None:
    Vendor.forget()
    desk.store = MemoryMediaStore()
    desk.fetcher = Fetcher(
        desk.engine, {"shop": Account("shop", Vendor("shop", Config(), None))}, desk.store
    )
    remover = Remover(desk.engine, desk.store)
    await desk.hear()
    await desk.fetcher.fetch_due()
    first = await desk.file()
    desk.clock.advance(10)
    await desk.hear()
    await desk.fetcher.fetch_due()
    await desk.engine.tidy(Retention(media_s=10))
    assert await remover.remove() == 0, "the second message's file has the same bytes"
    async with desk.store.open(SHA256) as chunks:
        assert b"".join([chunk async for chunk in chunks]) == BYTES
    desk.clock.advance(10)
    await desk.engine.tidy(Retention(media_s=10))
    assert await remover.remove() == 1
    with pytest.raises(relevo.MediaUnavailable):
        async with desk.store.open(first.store_key or ""):
            pass
    assert await remover.remove() == 0
