"""What a media store promises, of files and of memory alike."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.core.media.vendor import BYTES, SHA256, pieces

import relevo
from relevo.media import FileMediaStore, MediaStore, MemoryMediaStore, StoredFile

pytestmark = pytest.mark.anyio

MOST = 1_000


@pytest.fixture(params=["files", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStore:
    return FileMediaStore(tmp_path / "m") if request.param == "files" else MemoryMediaStore()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "m"


async def read(store: MediaStore, key: str) -> bytes:
    async with store.open(key) as chunks:
        return b"".join([chunk async for chunk in chunks])


def left(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


async def test_what_was_put_is_given_back(store: MediaStore) -> None:
    stored = await store.put(pieces(BYTES[:7], BYTES[7:]), most_bytes=MOST)
    assert stored == StoredFile(SHA256, len(BYTES), SHA256)
    assert await read(store, stored.store_key) == BYTES


async def test_empty_file_is_a_file(store: MediaStore) -> None:
    stored = await store.put(pieces(), most_bytes=MOST)
    assert (stored.size, await read(store, stored.store_key)) == (0, b"")


async def test_same_bytes_lie_there_once(folder: Path) -> None:
    """Under their hash: nothing about people is in the name."""
    store = FileMediaStore(folder)
    for _ in range(2):
        await store.put(pieces(BYTES), most_bytes=MOST)
    assert left(folder) == [f"{SHA256[:2]}/{SHA256}"]


async def test_too_large_file_is_refused_while_it_comes_and_nothing_stays(folder: Path) -> None:
    came: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            came.append(1)
            yield b"x" * 400

    with pytest.raises(relevo.MediaTooLarge, match="1000"):
        await FileMediaStore(folder).put(endless(), most_bytes=MOST)
    assert len(came) == 3
    assert left(folder) == []


async def test_file_that_fails_its_check_is_never_found(folder: Path) -> None:
    def refuse(stored: StoredFile) -> None:
        raise relevo.MediaMismatch(stored.sha256)

    store = FileMediaStore(folder)
    with pytest.raises(relevo.MediaMismatch, match=SHA256):
        await store.put(pieces(BYTES), most_bytes=MOST, check=refuse)
    assert left(folder) == []


async def test_file_that_breaks_off_leaves_nothing(folder: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"a"
        msg = "cut"
        raise relevo.Unavailable(msg)

    with pytest.raises(relevo.Unavailable):
        await FileMediaStore(folder).put(broken(), most_bytes=MOST)
    assert left(folder) == []


async def test_unknown_file_says_what_to_look_at(store: MediaStore) -> None:
    with pytest.raises(relevo.MediaUnavailable):
        await read(store, "0" * 64)


async def test_key_that_is_no_hash_leads_nowhere(folder: Path) -> None:
    """No path of anybody else's."""
    for key in ("../../etc/passwd", "", "A" * 64):
        with pytest.raises(relevo.MediaUnavailable, match="SHA-256"):
            await read(FileMediaStore(folder), key)


async def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "m").write_text("a file where the folder should be")
    with pytest.raises(relevo.MediaUnavailable, match=str(tmp_path / "m")):
        await FileMediaStore(tmp_path / "m").put(pieces(BYTES), most_bytes=MOST)


async def test_removed_file_is_gone_and_removing_again_is_no_fault(store: MediaStore) -> None:
    stored = await store.put(pieces(BYTES), most_bytes=MOST)
    for _ in range(2):
        assert await store.remove(stored.store_key, unused_s=0)
    with pytest.raises(relevo.MediaUnavailable):
        await read(store, stored.store_key)


async def test_file_that_was_just_put_again_is_not_removed(folder: Path) -> None:
    """Whoever put it is about to name it."""
    store = FileMediaStore(folder)
    stored = await store.put(pieces(BYTES), most_bytes=MOST)
    place = folder / SHA256[:2] / SHA256
    os.utime(place, (1, 1))
    await store.put(pieces(BYTES), most_bytes=MOST)
    assert not await store.remove(stored.store_key, unused_s=3_600)
    assert await read(store, stored.store_key) == BYTES
    os.utime(place, (1, 1))
    assert await store.remove(stored.store_key, unused_s=3_600)
    assert left(folder) == []


async def test_what_a_dead_process_left_half_written_goes_after_a_day(folder: Path) -> None:
    store = FileMediaStore(folder)
    await store.tidy()
    await store.put(pieces(BYTES), most_bytes=MOST)
    for name, when in (("old", 1), ("young", None)):
        (folder / "coming" / name).write_bytes(b"half")
        if when is not None:
            os.utime(folder / "coming" / name, (when, when))
    await store.tidy()
    assert left(folder) == [f"{SHA256[:2]}/{SHA256}", "coming/young"]


async def test_others_on_the_machine_cannot_look_in(folder: Path) -> None:
    await FileMediaStore(folder).put(pieces(BYTES), most_bytes=MOST)
    places = (folder, folder / SHA256[:2], folder / SHA256[:2] / SHA256)
    modes = {oct(one.lstat().st_mode & 0o077) for one in places}
    assert modes == {"0o0"}
