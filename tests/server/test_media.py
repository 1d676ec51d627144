"""Files over HTTP: kept, read, fetched from the provider, and why one is not here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import anyio
import httpx
import pytest
from tests.server.conftest import API, PERSON, AcmeSms, MakeSettings, Open, sign

import relevo
from relevo_server import create_app

pytestmark = pytest.mark.anyio

BYTES = bytes(range(256)) * 8
SHA256 = hashlib.sha256(BYTES).hexdigest()
NO_FILE = "7b1e5a52-6f0c-4c11-9d53-0f6a2d3c4b5e"
C = relevo.Capability


class AcmeFiles(AcmeSms):
    """Acme, with files."""

    capabilities = AcmeSms.capabilities | {C.IMAGE, C.DOCUMENT, C.UPLOAD_MEDIA, C.FETCH_MEDIA}
    uploads: ClassVar[list[bytes]] = []
    sent: ClassVar[list[relevo.Message]] = []
    gate: ClassVar[anyio.Event]
    lost: ClassVar[frozenset[str]] = frozenset({"lost"})

    def check_message(self, message: relevo.Message) -> None:
        """Take everything."""

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        """Take the message."""
        self.sent.append(message)
        return relevo.Receipt(f"acme-{message.message_id}")

    async def upload_media(self, upload: relevo.MediaUpload) -> relevo.ProviderMedia:
        """Take a file."""
        self.uploads.append(b"".join([chunk async for chunk in upload.chunks]))
        return relevo.ProviderMedia("acme-file-1")

    @asynccontextmanager
    async def fetch_media(self, media_id: str) -> AsyncIterator[relevo.FetchedMedia]:
        """Give a file once the gate is open, or refuse it."""
        await self.gate.wait()
        if media_id in self.lost:
            msg = f"Account {self.account!r}: no such file any more."
            raise relevo.Rejected(msg, provider_code="404")
        yield relevo.FetchedMedia("audio/ogg; codecs=opus", len(BYTES), SHA256, _bytes())

    def parse_item(self, item: relevo.WebhookItem) -> list[relevo.ProviderEvent]:
        """Read an image from a person."""
        assert isinstance(item.raw, dict)
        sender = relevo.Address("tel", PERSON)
        content = relevo.DocumentContent(id=str(item.raw["file"]), filename="voz ñ.ogg")
        return [relevo.InboundMessage(sender, content, item.raw)]


async def _bytes() -> AsyncIterator[bytes]:
    yield BYTES


@pytest.fixture
async def client(
    over_http: Open, make_settings: MakeSettings, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    AcmeFiles.uploads, AcmeFiles.sent, AcmeFiles.gate = [], [], anyio.Event()
    settings = make_settings(media={"path": tmp_path / "files", "max_bytes": 4_096})
    async with over_http(create_app(settings, providers=[AcmeFiles])) as opened:
        yield opened


async def _hear(client: httpx.AsyncClient, file: str) -> dict[str, Any]:
    body = json.dumps({"file": file}).encode()
    answer = await client.post(f"{API}/webhooks/shop", content=body, headers=sign(body))
    assert answer.status_code == 200
    with anyio.fail_after(30):
        while True:
            rows: list[dict[str, Any]] = (await client.get(f"{API}/messages")).json()["items"]
            if rows:
                return rows[0]
            await anyio.sleep(0.01)


async def _settled(client: httpx.AsyncClient, message_id: str) -> dict[str, Any]:
    with anyio.fail_after(30):
        while True:
            row: dict[str, Any] = (await client.get(f"{API}/messages/{message_id}")).json()
            if row["media"]["state"] != "pending":
                return row
            await anyio.sleep(0.01)


async def test_body_is_kept_and_read_again(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "image/png"}
    answer = await client.post(
        f"{API}/media", params={"filename": "menú.png"}, content=BYTES, headers=headers
    )
    assert answer.status_code == 201
    row = answer.json()
    assert (row["state"], row["size"], row["sha256"]) == ("stored", len(BYTES), SHA256)
    assert (row["direction"], row["mime_type"], row["filename"]) == ("out", "image/png", "menú.png")
    assert answer.headers["location"] == row["url"] == f"{API}/media/{row['id']}"
    read = await client.get(row["url"])
    assert (read.status_code, read.content) == (200, BYTES)
    assert read.headers["content-type"] == "image/png"
    assert read.headers["content-disposition"] == "inline; filename*=UTF-8''men%C3%BA.png"
    assert read.headers["x-content-type-options"] == "nosniff"
    assert read.headers["cache-control"].startswith("private")
    assert "sandbox" in read.headers["content-security-policy"]
    again = await client.get(row["url"], headers={"If-None-Match": read.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_form_with_one_file_is_kept(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        f"{API}/media", files={"file": ("plan.pdf", BYTES, "application/pdf")}
    )
    assert answer.status_code == 201, answer.text
    row = answer.json()
    assert (row["filename"], row["mime_type"]) == ("plan.pdf", "application/pdf")
    assert (await client.get(row["url"])).content == BYTES


async def test_form_without_a_file_is_refused(client: httpx.AsyncClient) -> None:
    files = [("file", ("a", b"a")), ("file", ("b", b"b"))]
    answer = await client.post(f"{API}/media", files=files)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")


async def test_form_with_another_field_is_refused(client: httpx.AsyncClient) -> None:
    """It would be ignored, and whoever gave an account or a name believe it was heard."""
    file = {"file": ("plan.pdf", BYTES, "application/pdf")}
    answer = await client.post(f"{API}/media", files=file, data={"account": "shop"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
    assert answer.json()["errors"][0]["field"] == "account"


@pytest.mark.parametrize("mime_type", ["text/html", "image/svg+xml", "no type", ""])
async def test_file_that_could_run_a_script_is_not_shown(
    client: httpx.AsyncClient, mime_type: str
) -> None:
    """The browser keeps it instead."""
    headers = {"Content-Type": mime_type}
    row = (await client.post(f"{API}/media", content=b"<script>", headers=headers)).json()
    read = await client.get(row["url"])
    assert read.headers["content-disposition"] == "attachment"


async def test_part_of_a_file_is_given_to_players(client: httpx.AsyncClient) -> None:
    row = (await client.post(f"{API}/media", content=BYTES)).json()
    for asked, begin, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=300-", 300, len(BYTES)),
        ("bytes=-5", len(BYTES) - 5, len(BYTES)),
        ("bytes=10-99999", 10, len(BYTES)),
    ):
        read = await client.get(row["url"], headers={"Range": asked})
        assert (read.status_code, read.content) == (206, BYTES[begin:end])
        assert read.headers["content-range"] == f"bytes {begin}-{end - 1}/{len(BYTES)}"
    for odd in ("bytes=9-2", "bytes=99999-2", "bytes=1-2,5-6", "items=1-2", "bytes=-"):
        read = await client.get(row["url"], headers={"Range": odd})
        assert (read.status_code, read.content) == (200, BYTES)


async def test_part_after_the_end_of_a_file_is_refused(client: httpx.AsyncClient) -> None:
    """With how long the file is (RFC 9110, 15.5.17)."""
    row = (await client.post(f"{API}/media", content=BYTES)).json()
    for asked in (f"bytes={len(BYTES)}-", "bytes=99999-100000"):
        read = await client.get(row["url"], headers={"Range": asked})
        assert (read.status_code, read.json()["code"]) == (416, "range_beyond_end")
        assert read.headers["content-range"] == f"bytes */{len(BYTES)}"


@pytest.mark.parametrize("announced", [True, False])
async def test_file_that_is_too_large_is_refused(
    client: httpx.AsyncClient, tmp_path: Path, *, announced: bool
) -> None:
    """Whether it says so before, or is only seen to be."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1_000

    answer = await client.post(f"{API}/media", content=b"x" * 100_000 if announced else endless())
    assert answer.status_code == 413
    assert answer.json()["code"] == "media_too_large"
    assert "raise max_bytes under [media]" in answer.json()["detail"]
    assert [one for one in (tmp_path / "files").rglob("*") if one.is_file()] == []


async def test_page_of_another_origin_cannot_leave_files(client: httpx.AsyncClient) -> None:
    """A form needs no leave of ours to be posted."""
    headers = {"Origin": "https://evil.example"}
    answer = await client.post(f"{API}/media", files={"file": ("a", b"a")}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


@pytest.mark.parametrize("as_form", [False, True], ids=["bytes", "form"])
async def test_file_is_not_kept_once_its_key_is_taken_back_on_the_way(
    make_settings: MakeSettings,
    over_http: Open,
    give_key: Any,
    refused: Any,
    tmp_path: Path,
    *,
    as_form: bool,
) -> None:
    """A file takes as long as its sender likes; nothing of it stays, not even on the disk."""
    app = create_app(make_settings(media={"path": tmp_path / "files"}), providers=[AcmeFiles])
    async with over_http(app) as client:
        lost, other = await give_key(app, name="lost"), await give_key(app)
        go_on = anyio.Event()
        kind = {"content-type": "image/png"}
        first, last = b"half ", b"of it"
        if as_form:
            kind = {"content-type": "multipart/form-data; boundary=x"}
            part = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n'
            first, last = part + first, last + b"\r\n--x--\r\n"

        async def drip() -> AsyncIterator[bytes]:
            yield first
            await go_on.wait()
            yield last

        async def hold_back() -> None:
            late = await client.post(f"{API}/media", content=drip(), headers=lost | kind)
            refused(late, 401, "invalid_key")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hold_back)
            with anyio.fail_after(30):
                # It was let in, as its key's use shows.
                while app.state["relevo_server"].keys._used == {}:
                    await anyio.sleep(0.01)
            key_id = lost["authorization"].split("_")[1]
            gone = await client.delete(f"{API}/keys/{key_id}", headers=other)
            assert gone.status_code == 204
            go_on.set()
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


async def test_message_with_a_kept_file_is_sent_with_the_vendors_id(
    client: httpx.AsyncClient,
) -> None:
    row = (await client.post(f"{API}/media", content=BYTES)).json()
    body = {"to": PERSON, "content": {"type": "image", "media": row["id"], "caption": "look"}}
    for _ in range(2):
        answer = await client.post(f"{API}/messages", json=body, headers={"Prefer": "wait=5"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["content"]["media"] == row["id"]
    assert AcmeFiles.uploads == [BYTES]
    ids = [message.content.id for message in AcmeFiles.sent]  # type: ignore[union-attr] # images
    assert ids == ["acme-file-1"] * 2


async def test_message_with_an_unknown_file_is_refused(client: httpx.AsyncClient) -> None:
    body = {"to": PERSON, "content": {"type": "image", "media": NO_FILE}}
    answer = await client.post(f"{API}/messages", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_message")
    assert "content.media" in answer.json()["detail"]


async def test_file_of_a_person_is_fetched_and_shown_on_its_message(
    client: httpx.AsyncClient,
) -> None:
    row = await _hear(client, "f-1")
    media = row["media"]
    assert (media["state"], media["message_id"]) == ("pending", row["id"])
    assert "url" not in media
    waiting = await client.get(f"{API}/media/{media['id']}")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "media_pending")
    assert int(waiting.headers["retry-after"]) > 0
    ready = (await client.get("/health/ready")).json()["engine"]
    assert (ready["pending_media"], ready["failed_media"]) == (1, 0)
    AcmeFiles.gate.set()
    shown = await _settled(client, row["id"])
    assert (shown["media"]["state"], shown["media"]["sha256"]) == ("stored", SHA256)
    assert shown["statuses"] == [], "news of the file are no statuses of the message"
    read = await client.get(shown["media"]["url"])
    assert (read.content, read.headers["content-type"]) == (BYTES, "audio/ogg")
    assert read.headers["content-disposition"] == "inline; filename*=UTF-8''voz%20%C3%B1.ogg"
    page = await client.get(f"{API}/events?after=0", headers={"Accept": "application/json"})
    told = [one["data"]["media"]["state"] for one in page.json()["items"] if "media" in one["data"]]
    assert told == ["pending", "stored"]


async def test_file_that_never_came_says_why(client: httpx.AsyncClient) -> None:
    AcmeFiles.gate.set()
    row = await _hear(client, "lost")
    shown = await _settled(client, row["id"])
    assert shown["media"]["state"] == "failed"
    assert shown["media"]["error"]["provider_code"] == "404"
    answer = await client.get(f"{API}/media/{shown['media']['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "media_failed")
    assert "no such file" in answer.json()["detail"]


async def test_file_that_never_came_is_fetched_again_when_asked(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    AcmeFiles.gate.set()
    row = await _hear(client, "lost")
    media_id = (await _settled(client, row["id"]))["media"]["id"]
    monkeypatch.setattr(AcmeFiles, "lost", frozenset())
    answer = await client.post(f"{API}/media/{media_id}/fetch", json={})
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "pending"
    shown = await _settled(client, row["id"])
    assert shown["media"]["state"] == "stored"
    again = await client.post(f"{API}/media/{media_id}/fetch", json={})
    assert (again.status_code, again.json()["state"]) == (200, "stored"), "nobody was asked"


async def test_file_that_nobody_has_cannot_be_fetched(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{API}/media/{NO_FILE}/fetch", json={})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_media")


@pytest.mark.parametrize("media_id", [NO_FILE, "no-uuid"])
async def test_unknown_file_is_not_found(client: httpx.AsyncClient, media_id: str) -> None:
    answer = await client.get(f"{API}/media/{media_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_media")


async def test_bytes_that_are_lost_are_a_problem_and_no_half_answer(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    row = (await client.post(f"{API}/media", content=BYTES)).json()
    (tmp_path / "files" / SHA256[:2] / SHA256).unlink()
    answer = await client.get(row["url"])
    assert (answer.status_code, answer.json()["code"]) == (503, "media_unavailable")
