"""The relay line: what a message's trail looks like, tiny and long."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

import relevo
from relevo_server.commands.relay_line import long_line, offset_words, tiny_line
from relevo_server.commands.trail import Trail


def at(seconds: float) -> str:
    return f"2026-01-01T00:{int(seconds // 60):02}:{seconds % 60:06.3f}+00:00"


def message(status: str, *attempts: dict[str, Any], statuses: tuple[str, ...] = ()) -> Trail:
    """Make a trail as the API tells it: attempts a second apart, news each a second later."""
    return Trail.of_message(
        {
            "status": status,
            "created_at": at(0),
            "attempts": attempts,
            "statuses": [
                {"status": word, "heard_at": at(2 + place)} for place, word in enumerate(statuses)
            ],
        }
    )


def attempt(status: str, started: float = 0.005, finished: float | None = 0.412) -> dict[str, Any]:
    told: dict[str, Any] = {"status": status, "started_at": at(started)}
    return told if finished is None else {**told, "finished_at": at(finished)}


@pytest.mark.parametrize(
    ("trail", "line"),
    [
        (message("scheduled"), "●─·─·─·─·─·"),
        (message("queued"), "●─·─·─·─·─·"),
        (message("sending", attempt("sending", finished=None)), "●━●─·─·─·─·"),
        (message("accepted", attempt("accepted")), "●━●━●─·─·─·"),
        (message("read", attempt("accepted"), statuses=("sent", "read")), "●━●━●━●━●━●"),
        (message("played", attempt("accepted"), statuses=("played",)), "●━●━●━●━●━●"),
        (message("failed", attempt("failed")), "●━●━✗─·─·─·"),
        (message("failed", attempt("accepted"), statuses=("sent", "failed")), "●━●━●━●━✗─·"),
        (message("unknown", attempt("unknown")), "●━●━○─·─·─·"),
        (message("expired"), "●━✗─·─·─·─·"),
        (message("cancelled"), "●━⊘─·─·─·─·"),
    ],
)
def test_line_ends_where_the_message_is(trail: Trail, line: str) -> None:
    """Each end has a form of its own, so that colour is never needed."""
    assert tiny_line(trail).plain == line


def test_long_line_names_each_step_with_its_offset() -> None:
    trail = message("delivered", attempt("accepted"), statuses=("sent", "delivered"))
    dots, names, offsets = long_line(trail, 80).plain.splitlines()
    assert names.split() == ["queued", "sending", "accepted", "sent", "delivered", "read"]
    told = ["", "+5 ms", "+412 ms", "+2.00 s", "+3.00 s", ""]
    for name, offset in zip(names.split(), told, strict=True):
        place = names.index(name)
        assert dots[place] == ("·" if name == "read" else "●")
        assert offsets[place : place + 11].strip() == offset


def test_long_line_ends_in_a_red_cross_or_a_violet_ring() -> None:
    failed = long_line(message("failed", attempt("failed")), 80)
    assert "failed" in failed.plain
    assert any(
        span.style == "bold red" and failed.plain[span.start] == "✗" for span in failed.spans
    )
    unknown = long_line(message("unknown", attempt("unknown")), 80)
    assert any(
        span.style == "bold magenta" and unknown.plain[span.start] == "○" for span in unknown.spans
    )


def test_narrow_line_goes_downwards_without_what_is_ahead() -> None:
    shown = long_line(message("accepted", attempt("accepted")), 40).plain.splitlines()
    assert [line.split() for line in shown] == [
        ["●", "queued"],
        ["●", "sending", "+5", "ms"],
        ["●", "accepted", "+412", "ms"],
    ]


def test_second_attempt_takes_the_place_of_the_first() -> None:
    first = attempt("queued", 0.01, 0.02)
    trail = message("queued", first)
    assert tiny_line(trail).plain == "●─·─·─·─·─·"
    trail = message("sending", first, attempt("sending", 5, None))
    assert "+5.00 s" in long_line(trail, 80).plain


def test_events_in_any_order_make_the_same_line() -> None:
    """A status moves the message only as far as the event itself says."""
    trail = Trail("queued")
    for status, now, time in (
        ("queued", "queued", 0),
        ("delivered", "delivered", 2),
        ("sent", "delivered", 3),
    ):
        ours = status == "queued"
        event = relevo.Event(
            id=f"e.{time}",
            source="/relevo",
            type=relevo.EventType.OUTBOUND if ours else relevo.EventType.STATUS,
            time=datetime.fromisoformat(at(time)),
            position=time,
            data={"status": status, "message_status": now},
        )
        trail.add(event)
    assert trail.status == "delivered"
    assert not trail.on_its_way
    assert tiny_line(trail).plain == "●━●━●━●━●─·"
    assert "+2.00 s" in long_line(trail, 80).plain


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4124, "+412 ms"),
        (1.239, "+1.24 s"),
        (186, "+3.1 min"),
        (7200, "+2.0 h"),
        (-0.5, "-500 ms"),
    ],
)
def test_offsets_are_in_the_unit_people_read(seconds: float, words: str) -> None:
    assert offset_words(seconds) == words
