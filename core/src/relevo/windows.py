"""A vendor's window: whether a person wrote lately enough for free-form content. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class WindowState(StrEnum):
    """What is known of a window."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    """Nobody was seen writing yet, as right after installation: it may be open all the same."""


@dataclass(frozen=True, slots=True)
class Window:
    """A person's window, seen at one moment.

    `until` is when an open one closes, unless the person writes again; `since` when it closed.
    """

    state: WindowState
    until: datetime | None = None
    since: datetime | None = None


def window_at(
    moment: datetime,
    *,
    wrote_at: datetime | None,
    refused_at: datetime | None,
    window_s: float,
) -> Window:
    """Tell how a window is, or will be, at a moment if the person writes nothing until then.

    Args:
        moment: When.
        wrote_at: When the person last wrote; None: nobody was seen writing yet.
        refused_at: When the vendor first refused something since then because it was closed.
        window_s: How long it stays open.
    """
    if wrote_at is None:
        if refused_at is None:
            return Window(WindowState.UNKNOWN)
        return Window(WindowState.CLOSED, since=refused_at)
    closes_at = wrote_at + timedelta(seconds=window_s)
    if refused_at is not None and wrote_at < refused_at < closes_at:
        closes_at = refused_at
    if moment < closes_at:
        return Window(WindowState.OPEN, until=closes_at)
    return Window(WindowState.CLOSED, since=closes_at)
