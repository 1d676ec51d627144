"""Files through everything: API, provider, sandbox over real HTTP, and the Lab in a browser."""

from __future__ import annotations

import base64
import struct
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.conftest import API, RunningLab

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenPage = Callable[..., "Page"]
PERSON = "5491130946950"


def _png(side: int, colour: bytes) -> bytes:
    """Make a plain picture."""

    def part(kind: bytes, body: bytes) -> bytes:
        checked = kind + body
        return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = (b"\0" + colour * side) * side
    image = part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + image


def _wait_for_file(lab: RunningLab) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    for _ in range(900):
        rows = lab.client.get(f"{lab.url}{API}/messages?direction=in").json()["items"]
        if rows and rows[0].get("media", {}).get("state") == "stored":
            return dict(rows[0])
        threading.Event().wait(0.05)
    pytest.fail(f"The file never came: {rows}")


def test_pictures_of_both_directions_are_seen_in_the_lab(
    lab: RunningLab, open_page: OpenPage, tmp_path: Path
) -> None:
    ours, theirs = _png(160, b"\x1f\x6f\xeb"), _png(120, b"\xd9\x48\x0f")
    kept = lab.client.post(
        f"{lab.url}{API}/media?filename=door.png",
        content=ours,
        headers={"Content-Type": "image/png"},
    ).json()
    content = {"type": "image", "media": kept["id"], "caption": "The *front* door"}
    body = {"to": PERSON, "content": content}
    sent = lab.client.post(f"{lab.url}{API}/messages", json=body).json()
    lab.wait_until(sent, "read")
    told = {
        "kind": "image",
        "from": PERSON,
        "file_base64": base64.b64encode(theirs).decode(),
        "content": {"caption": "Mine"},
    }
    answer = lab.client.post(f"{lab.sandbox_url}/sandbox/inbound", json=told)
    assert answer.status_code == 200, answer.text
    heard = _wait_for_file(lab)
    assert lab.client.get(f"{lab.url}{heard['media']['url']}").content == theirs
    page = open_page(f"{lab.page_url}#/conversations/{heard['conversation_id']}")
    for direction, side in (("out", 160), ("in", 120)):
        picture = page.locator(f'.message[data-direction="{direction}"] .words img')
        picture.wait_for()
        page.wait_for_function("image => image.naturalWidth > 0", arg=picture.element_handle())
        assert picture.evaluate("image => image.naturalWidth") == side
    page.screenshot(path=tmp_path / "lab.png")
