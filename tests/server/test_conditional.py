"""Answers a client has already are not sent again."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"


async def test_what_is_the_same_is_304_and_what_changed_is_not(
    make_app: Any, in_process: Any, settled: Any
) -> None:
    async with in_process(make_app()) as client:
        sent = await client.post(f"{API}/messages", json={"to": "15550100001", "text": "hola"})
        row = await settled(client, sent.json()["id"], "accepted")
        for path in (f"/messages/{row['id']}", f"/conversations/{row['conversation_id']}"):
            first = await client.get(API + path)
            tag = first.headers["etag"]
            assert tag.startswith('W/"')
            assert first.headers["cache-control"] == "private, no-cache"
            for held in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
                again = await client.get(API + path, headers={"If-None-Match": held})
                assert (again.status_code, again.content) == (304, b"")
                assert again.headers["etag"] == tag
            await client.post(f"{API}/messages", json={"to": "15550100001", "text": "and"})
        changed = await client.get(API + path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_a_file_is_the_same_for_ever(make_app: Any, in_process: Any, tmp_path: Any) -> None:
    async with in_process(make_app(media={"path": str(tmp_path)})) as client:
        sent = {"content": b"0123456789", "headers": {"content-type": "image/png"}}
        kept = (await client.post(f"{API}/media", **sent)).json()
        path = f"{API}/media/{kept['id']}"
        first = await client.get(path)
        tag = first.headers["etag"]
        same = await client.get(path, headers={"If-None-Match": tag})
        part = await client.get(path, headers={"Range": "bytes=0-3", "If-Range": tag})
        whole = await client.get(path, headers={"Range": "bytes=0-3", "If-Range": '"other"'})
    assert tag == f'"{kept["sha256"]}"'
    assert first.headers["cache-control"] == "private, max-age=3600, immutable"
    assert (same.status_code, same.content) == (304, b"")
    assert (part.status_code, part.content) == (206, b"0123")
    assert (whole.status_code, whole.content) == (200, b"0123456789")


@pytest.mark.parametrize("form", [False, True])
async def test_an_empty_file_is_refused(
    make_app: Any, in_process: Any, refused: Any, tmp_path: Any, *, form: bool
) -> None:
    sent: dict[str, Any] = {"files": {"file": ("a.png", b"", "image/png")}}
    if not form:
        sent = {"content": b"", "headers": {"content-type": "image/png"}}
    async with in_process(make_app(media={"path": str(tmp_path)})) as client:
        problem = refused(await client.post(f"{API}/media", **sent), 422, "invalid_body")
    assert "empty" in problem["detail"]


async def test_fields_of_a_form_are_no_file(
    make_app: Any, in_process: Any, refused: Any, tmp_path: Any
) -> None:
    async with in_process(make_app(media={"path": str(tmp_path)})) as client:
        answer = await client.post(f"{API}/media", data={"file": "x"})
    assert "--data-binary" in refused(answer, 415, "unsupported_media_type")["detail"]
