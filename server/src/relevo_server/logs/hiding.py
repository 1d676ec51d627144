"""What is taken out of a record before it is written, whoever logged it."""

from __future__ import annotations

import re
from typing import Final

from structlog.typing import EventDict, WrappedLogger

import relevo
from relevo.redaction import hide_keys

_QUERY: Final = re.compile(
    r"(?i)(\b[a-z][a-z0-9+.\-]*://[^\s\"'?#]+|(?<=[\s\"'])/[^\s\"'?#]*)\?[^\s\"']*"
)
"""What follows the question mark of an address: other libraries write whole addresses."""
_TASK: Final = re.compile(r"<Task .*", re.DOTALL)


def hide_words(logger: WrappedLogger, method: str, record: EventDict) -> EventDict:
    """Write of an exception its class and where it was raised: its words may be a person's."""
    del logger, method
    told = record.pop("exc_info", None)
    error = told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        record["error"] = relevo.frames_of(error)
    record.pop("stack_info", None)
    return record


def hide_addresses(logger: WrappedLogger, method: str, record: EventDict) -> EventDict:
    """Hide keys and tickets, and the queries of addresses: signatures can stand there."""
    del logger, method
    for name, value in record.items():
        if isinstance(value, str):
            record[name] = hide_keys(_QUERY.sub(r"\1?***", value))
    return record


def name_task(logger: WrappedLogger, method: str, record: EventDict) -> EventDict:
    """Cut off what asyncio tells of a task: it writes the arguments' representations."""
    del logger, method
    if str(record.get("logger")) == "asyncio":
        record["event"] = _TASK.sub("<Task ...>", str(record["event"]))
    return record
