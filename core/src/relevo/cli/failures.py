"""How the command line says that something went wrong, and with which exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from rich.console import Console
from rich.text import Text

from relevo.errors import (
    ConfigurationError,
    EngineBusy,
    EngineError,
    EngineUnavailable,
    MissingScope,
    RelevoError,
    RequestRefused,
    ServerUnreachable,
    StillPending,
    Unauthorized,
)

FAILED = 1
USAGE = 2
ENGINE = 3
UNREACHABLE = 4
PENDING = 5
KEY = 6
BUG = 70
INTERRUPTED = 130

MEANINGS: Mapping[int, str] = MappingProxyType(
    {
        0: "done",
        FAILED: "the answer is no",
        USAGE: "the command line or the settings cannot work",
        ENGINE: "the store is locked, away or broken, here or at the server",
        UNREACHABLE: "no server answers",
        PENDING: "accepted, and not handed over yet",
        KEY: "the server wants an API key, or one that may do this",
        BUG: "a defect of ours",
        INTERRUPTED: "Ctrl-C",
    }
)
"""Every exit code there is."""

EXIT_CODES: Mapping[type[Exception], int] = MappingProxyType(
    {
        ConfigurationError: USAGE,
        EngineError: ENGINE,
        ServerUnreachable: UNREACHABLE,
        StillPending: PENDING,
        Unauthorized: KEY,
        MissingScope: KEY,
        RelevoError: FAILED,
    }
)
"""The first that fits, from the exception's own class upwards."""


_AS_HERE = (RequestRefused, EngineUnavailable, EngineBusy)
"""What a server says that has an exit code of its own: about keys, and about its store."""


def explain(error: BaseException, *, debug: bool) -> int:
    """Say on stderr what happened and what to do; give the exit code."""
    if debug:
        traceback.print_exception(error)
    leaves = list(leaves_of(error))
    told = [leaf for leaf in leaves if isinstance(leaf, RelevoError)]
    if not told:
        names = ", ".join(dict.fromkeys(type(leaf).__name__ for leaf in leaves))
        words = f": {leaves[0]}" if len(leaves) == 1 and str(leaves[0]) else ""
        more = "" if debug else " Add --debug to see where."
        note(f"unexpected {names}{words}. This is a defect, please report it.{more}")
        return BUG
    for sentence in dict.fromkeys(leaf.message for leaf in told):
        note(sentence)
    return _code_of(told[0])


def _code_of(error: RelevoError) -> int:
    if error.problem is not None and not isinstance(error, _AS_HERE):
        # A server said so: the command line and the settings here are well.
        return FAILED
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def note(sentence: str) -> None:
    """Say one thing on stderr."""
    Console(file=sys.stderr, highlight=False).print(
        Text.assemble(("relevo: ", "bold red"), sentence), soft_wrap=True
    )


def leaves_of(error: BaseException) -> Iterator[BaseException]:
    """Give the errors inside a task group's, or the error itself."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves_of(inner)
    else:
        yield error
