"""Whom an error tells where the server keeps what it has, and what everybody else is told."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from litestar.connection import ASGIConnection

import relevo

logger = logging.getLogger("relevo.server")

_STATE_KEY: Final = "relevo_insight"


@dataclass(frozen=True, slots=True)
class _Withheld:
    """What stands in for an error's own sentence, and whether nothing else logs that one."""

    sentence: str
    level: int = logging.DEBUG


_WITHHELD: Mapping[str, _Withheld] = MappingProxyType(
    {
        # The store's own trouble is told by what watches it, once for all requests.
        relevo.EngineUnavailable.code: _Withheld(
            "The server cannot use its store just now, or is starting or stopping. Ask again in a "
            "few seconds."
        ),
        relevo.EngineBusy.code: _Withheld(
            "The server's store has too much to do just now; nothing of this request was kept. "
            "Try again in a moment."
        ),
        relevo.EngineError.code: _Withheld(
            "The server's store could not do this; the server's log says why.", logging.WARNING
        ),
        relevo.MediaUnavailable.code: _Withheld(
            "The server cannot read or write its files just now; its log says why. Ask again "
            "later.",
            logging.WARNING,
        ),
    }
)


def give_insight(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Let whoever asks be told everything: they run the server."""
    connection.scope["state"][_STATE_KEY] = True


def detail_for(
    error: relevo.RelevoError, connection: ASGIConnection[Any, Any, Any, Any] | None
) -> str:
    """Give an error's sentence as whoever asks may hear it.

    An engine names the address of its database, and the media store its folder. That is for whoever
    runs the server; all others learn what it means for them, and the log has the rest.
    """
    withheld = _WITHHELD.get(error.code)
    if withheld is None or (connection and connection.scope["state"].get(_STATE_KEY)):
        return error.message
    logger.log(withheld.level, "An answer does not tell this: %s", error.message)
    return withheld.sentence
