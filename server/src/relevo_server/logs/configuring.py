"""Write log records as JSON lines, or as lines for a person's eyes.

Relevo logs through the standard library, so it fits into any program. Only a command
that is a process of its own calls `configure_logging`: nothing here runs on import.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import TextIO

import structlog
from structlog.typing import Processor

from relevo_server.logs.hiding import hide_addresses, hide_words, name_task
from relevo_server.logs.ordering import leave_out_repeated, put_in_order
from relevo_server.operating import LogFormat, LogLevel

OURS = ("relevo", "relevo_server")
_NUMBERS: Mapping[LogLevel, int] = MappingProxyType(
    {
        LogLevel.DEBUG: logging.DEBUG,
        LogLevel.INFO: logging.INFO,
        LogLevel.WARNING: logging.WARNING,
        LogLevel.ERROR: logging.ERROR,
    }
)


def configure_logging(
    level: LogLevel = LogLevel.INFO,
    form: LogFormat = LogFormat.AUTO,
    *,
    stream: TextIO | None = None,
) -> None:
    """Write Relevo's records from a level on, and of other libraries what is wrong.

    Args:
        level: Of Relevo's own loggers.
        form: How each record is written.
        stream: Where to; stderr if left out.
    """
    handler = make_handler(form, stream or sys.stderr)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(_NUMBERS[level])


def make_handler(form: LogFormat, stream: TextIO) -> logging.Handler:
    """Make what writes records of any logger, and hides in them what no log may hold."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(form, terminal=stream.isatty()))
    return handler


def _formatter(form: LogFormat, *, terminal: bool) -> logging.Formatter:
    as_text = form is LogFormat.TEXT or (form is LogFormat.AUTO and terminal)
    last: list[Processor] = (
        [
            leave_out_repeated,
            structlog.dev.ConsoleRenderer(colors=terminal, timestamp_key="time", sort_keys=False),
        ]
        if as_text
        else [
            structlog.processors.EventRenamer("message"),
            put_in_order,
            structlog.processors.JSONRenderer(),
        ]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            # The request in which it was logged.
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            hide_words,
            hide_addresses,
            name_task,
            *last,
        ],
    )
