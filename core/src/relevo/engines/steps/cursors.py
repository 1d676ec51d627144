"""Who may read on from a named place in the event log, and where that is."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from relevo.engines.records import Begin, CursorLease, CursorRecord, CursorTrouble

_TOKEN_BITS = 62


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where the log stands."""

    head: int
    epoch: str


@dataclass(frozen=True, slots=True)
class CursorHold:
    """Who has a cursor, and until when."""

    token: int
    worker: str
    until: datetime


@dataclass(frozen=True, slots=True)
class CursorRow:
    """A cursor as it is kept."""

    name: str
    position: int
    epoch: str
    moved_at: datetime
    trouble: CursorTrouble | None = None
    hold: CursorHold | None = None


@dataclass(frozen=True, slots=True)
class CursorAsk:
    """Who wants which cursor."""

    name: str
    worker: str
    lease_s: float
    begin: Begin


def take(
    row: CursorRow | None,
    ask: CursorAsk,
    log: LogPlace,
    now: datetime,
    make_epoch: Callable[[], str],
) -> tuple[CursorRow, LogPlace] | None:
    """Hand a cursor to a reader; None: another has it.

    A cursor above the head has seen events that the log lost, and others took
    their positions. Which ones nobody knows: it begins again at the start, and
    the log gets a new epoch, as when any reader shows such a position.
    """
    if row is None:
        position = log.head if ask.begin == Begin.HEAD else 0
        row = CursorRow(ask.name, position, log.epoch, now)
    elif row.hold is not None and row.hold.worker != ask.worker and row.hold.until > now:
        return None
    if row.position > log.head:
        row, log = replace(row, position=0), LogPlace(log.head, make_epoch())
    until = now + timedelta(seconds=ask.lease_s)
    # By chance, not counted: a store that was put back must not give a token out again.
    token = secrets.randbits(_TOKEN_BITS)
    return replace(row, hold=CursorHold(token, ask.worker, until)), log


def lease_of(row: CursorRow, log: LogPlace) -> CursorLease:
    """Give the lease of a cursor that somebody has.

    Raises:
        ValueError: Nobody has it.
    """
    if row.hold is None:
        msg = f"Nobody holds the cursor {row.name!r}."
        raise ValueError(msg)
    hold = row.hold
    return CursorLease(
        row.name, hold.worker, hold.token, row.position, row.epoch, log.epoch, hold.until
    )


def move(
    row: CursorRow | None,
    lease: CursorLease,
    lease_s: float,
    trouble: CursorTrouble | None,
    now: datetime,
) -> CursorRow | None:
    """Keep where a reader is, and lengthen its lease; None: it is no longer the holder."""
    if row is None or row.hold is None or row.hold.token != lease.token:
        return None
    hold = replace(row.hold, until=now + timedelta(seconds=lease_s))
    if lease.position < row.position:
        return replace(row, trouble=trouble, hold=hold)
    went_on = (lease.position, lease.epoch) != (row.position, row.epoch)
    return replace(
        row,
        position=lease.position,
        epoch=lease.epoch,
        moved_at=now if went_on else row.moved_at,
        trouble=trouble,
        hold=hold,
    )


def release(row: CursorRow | None, lease: CursorLease) -> CursorRow | None:
    """Let others have the cursor; None: they have it already."""
    if row is None or row.hold is None or row.hold.token != lease.token:
        return None
    return replace(row, hold=None)


def record_of(row: CursorRow, log: LogPlace, now: datetime) -> CursorRecord:
    """Tell how a cursor is."""
    held = row.hold is not None and row.hold.until > now
    return CursorRecord(
        name=row.name,
        position=row.position,
        behind=max(log.head - row.position, 0),
        moved_at=row.moved_at,
        worker=row.hold.worker if held and row.hold else None,
        trouble=row.trouble,
    )
