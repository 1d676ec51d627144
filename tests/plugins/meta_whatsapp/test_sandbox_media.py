"""Media in the sandbox: ids that live for days, addresses that live for five minutes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import pytest

if TYPE_CHECKING:
    from tests.plugins.meta_whatsapp.conftest import Graph

PICTURE = b"\xff\xd8\xff\xe0 a picture"


def upload(graph: Graph, content: bytes = PICTURE, mime_type: str = "image/jpeg") -> httpx.Response:
    path = f"{graph.number}/media"
    form = {"messaging_product": "whatsapp", "type": mime_type}
    return graph.call("POST", path, data=form, files={"file": ("a", content, mime_type)})


def get(graph: Graph, url: str, **headers: str) -> httpx.Response:
    sent = {"Authorization": f"Bearer {graph.token}", **headers}
    return httpx.get(url, headers=sent, trust_env=False)


def test_what_was_uploaded_comes_back(graph: Graph) -> None:
    media = upload(graph).json()["id"]
    shown = graph.call("GET", media, params={"phone_number_id": graph.number}).json()
    assert shown["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    assert (shown["mime_type"], shown["file_size"]) == ("image/jpeg", str(len(PICTURE)))
    assert get(graph, shown["url"]).content == PICTURE
    assert graph.send(image={"id": media}).status_code == 200
    assert graph.call("DELETE", media).json() == {"success": True}
    assert graph.call("GET", media).json()["error"]["error_subcode"] == 33


def test_an_address_opens_for_five_minutes_to_the_token_only(graph: Graph) -> None:
    media = upload(graph).json()["id"]
    url = graph.call("GET", media).json()["url"]
    assert get(graph, url, Authorization="Bearer x").status_code == 401
    assert get(graph, url.replace("hash=AT", "hash=AU")).status_code == 404
    graph.advance(301)
    assert get(graph, url).status_code == 404
    assert get(graph, graph.call("GET", media).json()["url"]).status_code == 200


def test_an_upload_lives_30_days_and_what_came_in_7(graph: Graph) -> None:
    uploaded = upload(graph).json()["id"]
    graph.order("inbound", {"kind": "image", "from": "34600111222"})
    received = str(int(uploaded) + 1)
    for days, codes in ((6, [200, 200]), (2, [200, 400]), (23, [400, 400])):
        graph.advance(days * 24 * 3600)
        assert [graph.call("GET", one).status_code for one in (uploaded, received)] == codes
    answer = graph.send(image={"id": uploaded})
    assert answer.json()["error"]["code"] == 131009


def test_another_numbers_media_are_unknown(graph: Graph) -> None:
    media = upload(graph).json()["id"]
    answer = graph.call("GET", media, params={"phone_number_id": "1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


@pytest.mark.parametrize(
    ("content", "mime_type", "code"),
    [
        (b"x", "image/gif", 100),
        (b"x" * (5 * 1024 * 1024 + 1), "image/png", 131053),
        (b"x" * (100 * 1024 + 1), "image/webp", 131053),
        (b"", "image/png", 131053),
    ],
)
def test_types_and_sizes_are_those_of_the_table(
    content: bytes, mime_type: str, code: int, graph: Graph
) -> None:
    assert upload(graph, content, mime_type).json()["error"]["code"] == code


def test_an_animated_sticker_may_be_larger(graph: Graph) -> None:
    animated = b"RIFF    WEBPVP8X    ANIM" + b"x" * 200 * 1024
    assert upload(graph, animated, "image/webp").status_code == 200


def test_media_of_another_kind_are_taken_and_fail(graph: Graph) -> None:
    media = upload(graph).json()["id"]
    assert graph.fate(graph.send(video={"id": media})) == 131053
    assert graph.fate(graph.send(document={"id": media})) is None


def test_an_upload_is_multipart_with_a_file(graph: Graph) -> None:
    path = f"{graph.number}/media"
    assert graph.call("POST", path, {"messaging_product": "whatsapp"}).status_code == 400
    form = {"messaging_product": "whatsapp", "file": "no file"}
    answer = graph.call("POST", path, data=form, files={"other": ("a", b"x", "image/png")})
    assert "file is required" in answer.json()["error"]["message"]


def test_handles_of_templates_come_in_two_steps(graph: Graph) -> None:
    app = graph.state.apps[0].app_id
    query = {"file_length": 3, "file_type": "image/png"}
    session = graph.call("POST", f"{app}/uploads", params=query).json()["id"]
    assert session.startswith("upload:")
    told = graph.call("POST", session, content=b"abc", headers={"file_offset": "0"})
    assert told.json()["h"].startswith("4::")
    assert graph.call("POST", session, content=b"abc").status_code == 400


def test_the_digest_is_hex_by_id_and_base64_in_webhooks(graph: Graph) -> None:
    content = base64.b64encode(PICTURE).decode()
    asked = {"kind": "image", "from": "34600111222", "file_base64": content}
    graph.order("inbound", asked)
    (stored,) = graph.state.media._media.values()
    assert stored.content == PICTURE
    assert base64.b64decode(stored.sha256_base64).hex() == stored.sha256


class Files(BaseHTTPRequestHandler):
    """A web server of this machine that has one picture."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        is_there = self.path.startswith("/a.jpg")
        self.send_response(200 if is_there else 404)
        self.send_header("Content-Type", "image/jpeg")
        self.end_headers()
        self.wfile.write(PICTURE)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name
        pass


@pytest.fixture
def files() -> Iterator[str]:
    Files.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_link_is_fetched_later_and_kept_ten_minutes(files: str, graph: Graph) -> None:
    def send(**content: Any) -> int | None:
        answer = graph.send(**content)
        graph.advance(0)
        return graph.fate(answer)

    assert send(image={"link": f"{files}/a.jpg"}) is None
    assert send(image={"link": f"{files}/a.jpg"}) is None
    assert Files.asked == ["/a.jpg"]
    assert send(image={"link": f"{files}/a.jpg?v=2"}) is None
    graph.advance(601)
    assert send(image={"link": f"{files}/a.jpg"}) is None
    assert Files.asked == ["/a.jpg", "/a.jpg?v=2", "/a.jpg"]
    assert send(image={"link": f"{files}/none.jpg"}) == 131053
    assert send(audio={"link": f"{files}/a.jpg?audio"}) == 131053


def test_links_that_leave_this_machine_fail_only_if_told_to(graph: Graph) -> None:
    link = "https://cdn.example/a.jpg"
    assert graph.fate(graph.send(image={"link": link})) is None
    graph.order("behaviour", {"broken_links": [link]}, "PATCH")
    answer = graph.send(image={"link": link})
    graph.advance(0)
    assert graph.fate(answer) == 131053
