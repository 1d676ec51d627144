"""Between rows of `event_cursor` and the steps; every SQL engine writes them alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from relevo.engines.records import CursorTrouble
from relevo.engines.steps.cursors import CursorHold, CursorRow
from relevo.engines.values import micros, moment

CURSOR_COLUMNS: Final = (
    "name",
    "position",
    "epoch",
    "moved_at",
    "failures",
    "error",
    "token",
    "worker",
    "lease_until",
)


def write_cursor_row(row: CursorRow) -> tuple[Any, ...]:
    """Write a cursor's columns."""
    trouble, hold = row.trouble, row.hold
    return (
        row.name,
        row.position,
        row.epoch,
        micros(row.moved_at),
        trouble.failures if trouble else 0,
        trouble.error if trouble else None,
        hold.token if hold else None,
        hold.worker if hold else None,
        micros(hold.until) if hold else None,
    )


def read_cursor_row(row: Sequence[Any]) -> CursorRow:
    """Read a cursor's columns."""
    name, position, epoch, moved_at, failures, error, token, worker, until = row
    return CursorRow(
        name=name,
        position=position,
        epoch=epoch,
        moved_at=moment(moved_at),
        trouble=CursorTrouble(failures, error) if failures else None,
        hold=None if token is None else CursorHold(token, worker, moment(until)),
    )
