"""How far a copy is: a bar that moves in a terminal, one line per table in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

Tell = Callable[[str, int, int], None]


@contextmanager
def show_progress(*, quiet: bool) -> Iterator[Tell]:
    """Give the function that hears of the progress; a quiet one only listens."""
    if quiet:
        yield _say_nothing
    elif sys.stdout.isatty():
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(file=sys.stdout, highlight=False)) as bars:
            yield _Bars(bars)
    else:
        yield _say_what_is_done


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, table: str, done: int, total: int) -> None:
        if not total:
            return
        if table not in self._tasks:
            self._tasks[table] = self._bars.add_task(table, total=total)
        self._bars.update(self._tasks[table], completed=done)


def _say_what_is_done(table: str, done: int, total: int) -> None:
    if done == total:
        print(f"{table}\t{total}", flush=True)  # noqa: T201 - the answer


def _say_nothing(table: str, done: int, total: int) -> None:
    del table, done, total
