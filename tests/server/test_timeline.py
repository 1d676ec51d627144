"""The demo's timeline and its reading of the stream."""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime
from typing import Any

import pytest

import relevo
from relevo_server.commands.listening import open_next_free_socket, open_socket, url_of
from relevo_server.commands.timeline import Timeline, show_dense, show_line


def told(type_: str, ms: int, **data: Any) -> relevo.Event:
    return relevo.Event(
        id="e.1",
        source="/relevo",
        type=relevo.EventType(type_),
        time=datetime(2026, 1, 1, microsecond=ms * 1000, tzinfo=UTC),
        subject="m1",
        position=1,
        data=data,
    )


def test_timeline_tells_offsets_and_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    timeline = Timeline()
    error = {"code": "rejected", "message": "The number has no WhatsApp."}
    for event in (
        told("messaging.outbound", 100, status="queued", to="54911", content={"type": "template"}),
        told("messaging.status", 350, status=None),
        told("messaging.status", 351, status="failed", error=error),
        told("messaging.inbound", 900, sender="54911", content={"type": "text", "body": "hola"}),
        told("messaging.account", 950, kind="quality"),
    ):
        timeline.show(event)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" ms")[0].strip() for line in lines] == [
        "+0",
        "+250",
        "+251",
        "+800",
        "+850",
    ]
    assert "queued" in lines[0]
    assert "[template]" in lines[0]
    assert "failed" in lines[2]
    assert "The number has no WhatsApp." in lines[2]
    assert "from 54911  hola" in lines[3]
    assert "quality" in lines[4]


def test_timeline_draws_each_messages_own_line(capsys: pytest.CaptureFixture[str]) -> None:
    timeline = Timeline()
    for status in ("queued", "sending", "accepted"):
        timeline.show(told("messaging.outbound", 100, status=status, to="54911"))
    timeline.show(told("messaging.status", 400, status="read", to="54911"))
    timeline.show(told("messaging.status", 410, status="sent", message_status="read", moved=False))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" ms  ")[1].split("  ")[0] for line in lines] == [
        "●─·─·─·─·─·",
        "●━●─·─·─·─·",
        "●━●━●─·─·─·",
        "●━●━●━●━●━●",
        "●━●━●━●━●━●",
    ]
    assert "late: it is read" in lines[4]


def test_dense_line_tells_when_what_who_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    error = {"code": "rejected", "message": "No WhatsApp there."}
    malformed = {"code": "malformed", "message": "No object."}
    for event in (
        told("messaging.outbound", 7, status="failed", to="54911", account="shop", error=error),
        told("messaging.outbound", 8, status="unknown", to="54911", account="shop"),
        told("messaging.webhook", 9, account="shop", webhook_id=3, error=malformed),
        told("messaging.gap", 10, reason="the log was begun anew since"),
    ):
        show_dense(event)
    failed, unknown, webhook, gap = capsys.readouterr().out.splitlines()
    assert re.match(r"\d\d:\d\d:\d\d\.007  ✗ failed +54911 +shop +rejected: No WhatsApp", failed)
    assert failed.endswith("  e.1")
    assert "○ unknown" in unknown
    assert "! webhook" in webhook
    assert "an item of webhook 3 is set aside (malformed: No object.)" in webhook
    assert "≈ gap" in gap
    assert "begun anew" in gap


def test_timeline_is_not_steered_by_words(capsys: pytest.CaptureFixture[str]) -> None:
    content = {"type": "text", "body": "[red]a\x1b[2J\nb"}
    Timeline().show(told("messaging.inbound", 0, sender="54911", content=content))
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert len(out.splitlines()) == 1
    assert "[red]a" in out


def test_line_is_the_event_as_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    event = told("messaging.outbound", 0, status="queued")
    show_line(event)
    assert capsys.readouterr().out == f"{event.to_json()}\n"


def test_next_free_port_is_taken_and_ours() -> None:
    with open_socket("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with open_next_free_socket("127.0.0.1", port, 100) as second:
            assert second.getsockname()[1] > port
            assert url_of(second) == f"http://127.0.0.1:{second.getsockname()[1]}"
        with pytest.raises(relevo.ConfigurationError, match="no port is free"):
            open_next_free_socket("127.0.0.1", port, 1)


def test_ipv6_address_is_written_in_brackets() -> None:
    try:
        listener = open_socket("::1", 0)
    except relevo.ConfigurationError:
        pytest.skip("needs IPv6 on loopback")
    with listener:
        assert listener.family is socket.AF_INET6
        assert url_of(listener).startswith("http://[::1]:")


def test_host_that_is_no_address_of_this_machine_is_told() -> None:
    with pytest.raises(relevo.ConfigurationError, match="no address of this machine"):
        open_socket("192.0.2.1", 0)
    with pytest.raises(relevo.ConfigurationError, match="names no address"):
        open_socket("nowhere.invalid", 0)
