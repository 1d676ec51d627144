"""In which order a record's fields are written, so that lines can be read one below another."""

from __future__ import annotations

import re
from typing import Final

from structlog.typing import EventDict, WrappedLogger

_FIRST: Final = ("time", "level", "logger", "message")
_HEAD: Final = ("time", "level", "logger", "event")
_WORD: Final = re.compile(r"[\w/{}-][\w/{}.-]*[\w/{}-]")
_LEAST: Final = 3
"""Shorter values stand in a sentence by accident, too."""


def put_in_order(logger: WrappedLogger, method: str, record: EventDict) -> EventDict:
    """Put first what every record has: when, how grave, from where, and its sentence."""
    del logger, method
    first = {name: record.pop(name) for name in _FIRST if name in record}
    return {**first, **record}


def leave_out_repeated(logger: WrappedLogger, method: str, record: EventDict) -> EventDict:
    """Leave out what the sentence says already: for whoever reads it, not for a program."""
    del logger, method
    # What formatters of the standard library leave on a record is the sentence once more.
    record.pop("message", None)
    said = set(_WORD.findall(str(record["event"])))
    return {
        name: value
        for name, value in record.items()
        if name in _HEAD or len(str(value)) < _LEAST or str(value) not in said
    }
