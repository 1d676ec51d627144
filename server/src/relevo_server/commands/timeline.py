"""What `relevo demo` shows of the event stream: JSON lines for programs, a timeline for people."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from rich.console import Console
from rich.text import Text

import relevo
from relevo_server.commands.following import ToldEvent

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
_UNKNOWN_WORD = "white"
_HIDDEN = dict.fromkeys([*range(32), *range(127, 160)], "�")
"""People's words must not steer the terminal."""


def show_line(event: ToldEvent) -> None:
    """Write an event as it came, one line of JSON."""
    sys.stdout.write(f"{event.written}\n")
    sys.stdout.flush()


class Timeline:
    """Write a line per event, with the time since its message was accepted here."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stdout, highlight=False)
        self._began: dict[str, datetime] = {}

    def show(self, event: ToldEvent) -> None:
        """Write one event."""
        describe = _DESCRIBE.get(event.type, _describe_other)
        offset = (f"{self._offset(event.envelope):>9}  ", "dim")
        self._console.print(Text.assemble(offset, describe(event.data)), soft_wrap=True)

    def _offset(self, envelope: Mapping[str, Any]) -> str:
        time = datetime.fromisoformat(envelope["time"])
        began = self._began.setdefault(str(envelope.get("subject")), time)
        return f"+{(time - began).total_seconds() * 1000:.0f} ms"


def _describe_ours(data: Mapping[str, Any]) -> Text:
    status = str(data.get("status"))
    error = data.get("error")
    more = {
        "queued": f"to {data.get('to')}  {_words(data)}",
        "accepted": str(data.get("provider_message_id")),
    }.get(status, "")
    if isinstance(error, Mapping):
        more = f"{error.get('code')}: {error.get('message')}"
    return _line(status, more)


def _describe_status(data: Mapping[str, Any]) -> Text:
    error = data.get("error")
    more = str(error.get("message")) if isinstance(error, Mapping) else ""
    return _line(str(data.get("status") or "another word of the provider's"), more)


def _describe_inbound(data: Mapping[str, Any]) -> Text:
    return Text.assemble(
        ("◀ reply      ", "bold green"), _plain(f"from {data.get('sender')}  {_words(data)}")
    )


def _describe_other(data: Mapping[str, Any]) -> Text:
    return Text(
        _plain(f"  {data.get('kind') or data.get('code') or data.get('reason') or ''}"), "dim"
    )


_DESCRIBE: Mapping[str, Callable[[Mapping[str, Any]], Text]] = MappingProxyType(
    {
        relevo.EventType.OUTBOUND.value: _describe_ours,
        relevo.EventType.STATUS.value: _describe_status,
        relevo.EventType.INBOUND.value: _describe_inbound,
    }
)


def _line(status: str, more: str) -> Text:
    style = STYLES.get(status, _UNKNOWN_WORD)
    return Text.assemble((f"● {status:<10} ", style), (_plain(more), "dim"))


def _words(data: Mapping[str, Any]) -> str:
    content = data.get("content")
    if not isinstance(content, Mapping):
        return ""
    return str(content.get("body") or f"[{content.get('type')}]")


def _plain(text: str) -> str:
    return text.translate(_HIDDEN)
