"""Keep keys and tickets out of the log of requests that uvicorn writes."""

from __future__ import annotations

import logging
from typing import Final

from relevo.redaction import hide_keys

_ACCESS_LOG: Final = "uvicorn.access"


class _HideKeys(logging.Filter):
    """Hide what opens the API in the parts a line is made of."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; it is kept."""
        if isinstance(record.args, tuple):
            record.args = tuple(
                hide_keys(one) if isinstance(one, str) else one for one in record.args
            )
        if isinstance(record.msg, str):
            record.msg = hide_keys(record.msg)
        return True


_HIDE: Final = _HideKeys()


def hide_tickets() -> None:
    """Let uvicorn write `ticket=***`, whoever runs it; asked twice, it is done once.

    `relevo serve` writes no such log; an application that serves ours may.
    """
    logging.getLogger(_ACCESS_LOG).addFilter(_HIDE)
