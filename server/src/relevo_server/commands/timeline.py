"""How events are shown as they come: JSON lines for programs, a line each for people."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.text import Text

import relevo
from relevo_server.commands.event_words import describe
from relevo_server.commands.relay_line import tiny_line
from relevo_server.commands.trail import Trail

_OURS = frozenset({relevo.EventType.OUTBOUND, relevo.EventType.STATUS})
_LINE_WIDTH = 11


def show_line(event: relevo.Event) -> None:
    """Write an event as it came, one line of JSON."""
    sys.stdout.write(f"{event.to_json()}\n")
    sys.stdout.flush()


def show_dense(event: relevo.Event) -> None:
    """Write when it happened, what, to whom and on which account."""
    words = describe(event.type, event.data)
    at = event.time.astimezone()
    clock = f"{at:%H:%M:%S}.{at.microsecond // 1000:03}"
    line = Text.assemble(
        (f"{clock}  ", "dim"),
        (f"{words.mark} {words.word:<10}", words.style),
        f" {words.person:<15} ",
        (f"{event.data.get('account') or '':<12} ", "dim"),
        words.more,
        (f"  {event.id}", "dim"),
    )
    Console(file=sys.stdout, highlight=False).print(line, soft_wrap=True)


class Timeline:
    """Write a line per event, with its message's relay line and the time since it was accepted."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stdout, highlight=False)
        self._trails: dict[str, Trail] = {}
        self._began: dict[str, Any] = {}

    def show(self, event: relevo.Event) -> None:
        """Write one event."""
        words = describe(event.type, event.data)
        line = Text.assemble((f"{self._offset(event):>9}  ", "dim"), self._relay(event), "  ")
        if event.type == relevo.EventType.INBOUND:
            line.append(f"{words.mark} {words.word:<8} ", words.style)
            line.append(f"from {words.person}  {words.more}")
        elif words.word == "queued":
            line.append(f"{words.word:<10} ", words.style)
            line.append(f"to {words.person}  {words.more}", "dim")
        else:
            line.append(f"{words.word:<10} ", words.style)
            line.append(words.more, "dim")
        self._console.print(line, soft_wrap=True)

    def _offset(self, event: relevo.Event) -> str:
        began = self._began.setdefault(str(event.subject), event.time)
        return f"+{(event.time - began).total_seconds() * 1000:.0f} ms"

    def _relay(self, event: relevo.Event) -> Text:
        if event.type not in _OURS:
            return Text(" " * _LINE_WIDTH)
        subject = str(event.subject)
        trail = self._trails.setdefault(subject, Trail(str(event.data.get("status") or "queued")))
        trail.add(event)
        return tiny_line(trail)
