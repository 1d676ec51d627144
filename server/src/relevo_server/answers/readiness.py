"""What works less than it should around the engine: roles nobody has, clocks, disks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import relevo

MIBIBYTES: Final = 1024 * 1024
LOW_DISK: Final = 512 * MIBIBYTES
"""With less left, SQLite may soon be able to keep nothing more."""
PATIENCE: Final = timedelta(minutes=1)
"""Messages that fail for longer are worth a look."""
LATELY: Final = timedelta(hours=1)
LARGEST_SKEW_S: Final = 2.0
"""Clocks further apart let `send_at`, `expires_at` and a key's end come early or late."""


def operating_warnings(
    pulse: relevo.EnginePulse, processes: Sequence[relevo.ProcessRecord]
) -> Iterator[str]:
    """Tell what those who operate the server should look after."""
    # Elsewhere one process does everything.
    if pulse.engine == "postgresql":
        yield from _missing_roles(processes, pulse.told_at or datetime.now(UTC))
    if abs(pulse.skew_s) > LARGEST_SKEW_S:
        way = "ahead of" if pulse.skew_s > 0 else "behind"
        yield (
            f"The database's clock is {abs(pulse.skew_s):.1f} s {way} this machine's. "
            "Let both follow a time server."
        )
    if (path := pulse.extra.get("path")) is not None:
        yield from _disk_warnings(Path(str(path)).parent)


def sending_warnings(
    pulse: relevo.EnginePulse,
    states: Mapping[str, relevo.AccountState],
    given_up_at: Sequence[datetime],
    sees: Callable[[str], bool],
) -> Iterator[str]:
    """Tell of accounts whose messages wait though they were tried, and of dead letters of late."""
    now = pulse.told_at or datetime.now(UTC)
    for account, lanes in sorted(pulse.lanes.items()):
        paused = account in states and states[account].paused_at is not None
        since = lanes.failing_since
        if since is None or paused or not sees(account) or now - since <= PATIENCE:
            continue  # of a paused account its pause is told
        yield (
            f"Account {account!r}: messages wait though they were tried, one of them for "
            f"{round((now - since).total_seconds())} s; {lanes.retry} people wait for the next "
            f"try. See why: relevo messages --account {account} --status queued"
        )
    late = sum(now - moment <= LATELY for moment in given_up_at)
    if late:
        yield (
            f"Messages were given up within the last hour, {late} or more. "
            "See them: relevo messages --dead"
        )


def _missing_roles(processes: Sequence[relevo.ProcessRecord], now: datetime) -> Iterator[str]:
    alive = [one for one in processes if one.alive(now)]
    if not any(one.works for one in alive):
        yield (
            "No process hands messages over: they are accepted and wait. "
            "Start one: relevo serve --role worker"
        )
    if not any(one.receives for one in alive):
        yield (
            "No process takes webhooks in: no news and no replies arrive. "
            "Start one: relevo serve --role api"
        )


def _disk_warnings(folder: Path) -> Iterator[str]:
    try:
        left = shutil.disk_usage(folder).free
    except OSError:
        return  # the engine itself says what is wrong with its folder
    if left < LOW_DISK:
        yield (
            f"Only {left // MIBIBYTES} MiB are left on the disk of {folder}. When it is full, "
            "nothing more is accepted. Make room, or keep less: see [retention]."
        )
