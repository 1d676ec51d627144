"""What is told about a message: why it is where it is, what happens next, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relevo.events import DeliveryStatus, ErrorDetail


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a message is in its state, in sentences, and what happens next.

    `next_at` is when, where there is a moment to name.
    """

    status: DeliveryStatus
    why: tuple[str, ...]
    next: str
    next_at: datetime | None = None


def said(error: ErrorDetail | None) -> str:
    """Say an error and its code; nothing of none."""
    return f"{error.message} ({error.code})" if error else ""


def told_time(moment: datetime | None) -> str:
    """Write a moment."""
    return moment.isoformat(timespec="seconds") if moment else "an unknown time"
