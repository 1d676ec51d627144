"""Draw relay lines: tiny in lists and timelines, long above a message's detail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rich.text import Text

from relevo_server.commands.trail import HALTS, Mark, Stop, Trail

STYLES: Mapping[str, str] = MappingProxyType(
    {
        "scheduled": "dim",
        "queued": "dim",
        "sending": "yellow",
        "accepted": "bold",
        "sent": "bold",
        "delivered": "cyan",
        "read": "blue",
        "played": "blue",
        "failed": "bold red",
        "expired": "red",
        "cancelled": "red",
        "unknown": "bold magenta",
    }
)
"""What became of a message; a dot's form says it too, for eyes and terminals without colour."""
_OTHER = "white"
_AHEAD = "dim"

_DOTS: Mapping[Mark, str] = MappingProxyType(
    {
        Mark.AHEAD: "·",
        Mark.REACHED: "●",
        Mark.FAILED: "✗",
        Mark.STOPPED: "⊘",
        Mark.IN_DOUBT: "○",
    }
)
_COLUMN = 11
"""The longest name and room beside it."""
_WIDTH = 6 * _COLUMN
_MINUTE = 60.0
_HOUR = 3600.0


def style_of(status: str) -> str:
    """Give the colour of a status."""
    return STYLES.get(status, _OTHER)


def dot_of(status: str) -> str:
    """Give the form of a status."""
    return _DOTS[HALTS.get(status, Mark.REACHED)]


def tiny_line(trail: Trail) -> Text:
    """Draw the line with its dots alone."""
    line = Text()
    for place, stop in enumerate(trail.stops()):
        if place:
            line.append(_way(stop, 1), _way_style(stop))
        line.append(_DOTS[stop.mark], _style(stop))
    return line


def long_line(trail: Trail, width: int) -> Text:
    """Draw the line with the name and the offset of each step, in so many columns."""
    stops = trail.stops()
    return _beside(stops) if width >= _WIDTH else _below(stops)


def offset_words(seconds: float) -> str:
    """Write an offset: `+412 ms`, `+1.24 s`, `+3.1 min`, `+2.0 h`."""
    if abs(seconds) < 1:
        return f"{seconds * 1000:+.0f} ms"
    if abs(seconds) < _MINUTE:
        return f"{seconds:+.2f} s"
    if abs(seconds) < _HOUR:
        return f"{seconds / _MINUTE:+.1f} min"
    return f"{seconds / _HOUR:+.1f} h"


def _beside(stops: Sequence[Stop]) -> Text:
    dots, names, offsets = Text(), Text(), Text()
    for place, stop in enumerate(stops):
        if place:
            dots.append(_way(stop, _COLUMN - 1), _way_style(stop))
        dots.append(_DOTS[stop.mark], _style(stop))
        names.append(f"{stop.name:<{_COLUMN}}", _style(stop))
        offsets.append(f"{_offset(stop):<{_COLUMN}}", "dim")
    rows = [dots, names, offsets] if offsets.plain.strip() else [dots, names]
    for row in rows:
        row.rstrip()
    return Text("\n").join(rows)


def _below(stops: Sequence[Stop]) -> Text:
    """Draw it downwards where it is too narrow; what is ahead is left out."""
    reached = [stop for stop in stops if stop.mark is not Mark.AHEAD]
    return Text("\n").join(
        Text.assemble(
            (f"{_DOTS[stop.mark]} {stop.name:<{_COLUMN}}", _style(stop)), (_offset(stop), "dim")
        )
        for stop in reached
    )


def _offset(stop: Stop) -> str:
    return offset_words(stop.offset_s) if stop.offset_s else ""


def _style(stop: Stop) -> str:
    return _AHEAD if stop.mark is Mark.AHEAD else style_of(stop.name)


def _way(to: Stop, length: int) -> str:
    return ("─" if to.mark is Mark.AHEAD else "━") * length


def _way_style(to: Stop) -> str:
    return _AHEAD if to.mark is Mark.AHEAD else style_of(to.name)
