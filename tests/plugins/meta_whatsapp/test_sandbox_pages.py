"""The sandbox listens on this machine; a web page in its browser must not order it about."""

from __future__ import annotations

import httpx
import pytest

from .conftest import Graph


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://pages.example"},
        {"origin": "null"},
        {"host": "rebound.example"},
        {"host": "rebound.example:80", "origin": "http://rebound.example:80"},
        {"host": "127.0.0.1.pages.example"},
        {"host": "["},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/sandbox/reset"), ("POST", "/sandbox/handshake"), ("GET", "/sandbox/state")],
)
def test_a_page_of_elsewhere_is_refused(
    method: str, path: str, headers: dict[str, str], graph: Graph
) -> None:
    """A form needs no leave to be posted, and a name of its own lets a page read answers."""
    graph.send(text={"body": "kept"})
    answer = graph.client.request(method, f"{graph.remote.url}{path}", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["sandbox"] is True
    assert graph.state.total == 1


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_this_machine_is_answered_by_each_of_its_names(name: str, graph: Graph) -> None:
    port = httpx.URL(graph.remote.url).port
    host = {"host": f"{name}:{port}", "origin": f"http://{name}:{port}"}
    for headers in (host, {"host": host["host"]}):
        answer = graph.client.get(f"{graph.remote.url}/sandbox/state", headers=headers)
        assert answer.status_code == 200
