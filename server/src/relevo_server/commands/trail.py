"""A message's trail: the steps it took and when, from its events or from its full view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any

import relevo

_S = relevo.DeliveryStatus
STEPS = (_S.QUEUED, _S.SENDING, _S.ACCEPTED, _S.SENT, _S.DELIVERED, _S.READ)
"""What a message goes through if all goes well."""
_PLACES: Mapping[str, int] = MappingProxyType(
    {_S.SCHEDULED: 0, _S.PLAYED: 5, **{step: place for place, step in enumerate(STEPS)}}
)
_DOUBT = _PLACES[_S.ACCEPTED]


class Mark(Enum):
    """How one step of the line stands."""

    AHEAD = "ahead"
    REACHED = "reached"
    FAILED = "failed"
    STOPPED = "stopped"
    IN_DOUBT = "in doubt"


HALTS: Mapping[str, Mark] = MappingProxyType(
    {
        _S.FAILED: Mark.FAILED,
        _S.EXPIRED: Mark.FAILED,
        _S.CANCELLED: Mark.STOPPED,
        _S.UNKNOWN: Mark.IN_DOUBT,
    }
)
"""Statuses that end the line before its end."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One step of the line.

    Args:
        name: The step, or the status the line ends in here.
        mark: How it stands.
        offset_s: Seconds since the message was accepted here, if anybody told.
    """

    name: str
    mark: Mark
    offset_s: float | None = None


class Trail:
    """Collect what is told of one message, in any order.

    Args:
        status: Where the message is.
        began: When it was accepted here.
    """

    def __init__(self, status: str, began: datetime | None = None) -> None:
        self.status = status
        self.error: Mapping[str, Any] | None = None
        self._times: dict[str, datetime] = {}
        if began is not None:
            self._note(_S.QUEUED, began)

    @classmethod
    def of_message(cls, message: Mapping[str, Any]) -> Trail:
        """Make the trail of a message as `GET /messages/{id}`, or a list, shows it."""
        trail = cls(str(message["status"]), read_time(message["created_at"]))
        for attempt in message.get("attempts", ()):
            trail._note(_S.SENDING, read_time(attempt["started_at"]))
            if attempt.get("finished_at"):
                trail._note(attempt["status"], read_time(attempt["finished_at"]))
        for news in message.get("statuses", ()):
            if news.get("status"):
                trail._note(news["status"], read_time(news["heard_at"]))
        trail.error = message.get("error")
        return trail

    def add(self, event: relevo.Event) -> None:
        """Add an event about the message."""
        data, time = event.data, event.time
        if not self._times:
            self._note(_S.QUEUED, time)
        if data.get("status"):
            self._note(data["status"], time)
        self.status = str(data.get("message_status") or data.get("status") or self.status)
        self.error = data.get("error") or self.error

    @property
    def on_its_way(self) -> bool:
        """Whether the provider has not got it yet, and may still."""
        return self.status in _ON_THE_WAY

    def stops(self) -> list[Stop]:
        """Give the line's steps, first to last."""
        reached, end = self._reached(), HALTS.get(self.status)
        halt = len(STEPS)
        if end is not None:
            halt = _DOUBT if end is Mark.IN_DOUBT else min(reached + 1, len(STEPS) - 1)
        stops: list[Stop] = []
        for place, step in enumerate(STEPS):
            if place == halt and end is not None:
                stops.append(Stop(self.status, end, self._offset_s(self.status)))
            elif place > min(reached, halt):
                stops.append(Stop(step, Mark.AHEAD))
            else:
                stops.append(Stop(step, Mark.REACHED, self._offset_s(step)))
        return stops

    def _reached(self) -> int:
        if self.status in _PLACES:
            return _PLACES[self.status]
        return max((_PLACES[name] for name in self._times if name in _PLACES), default=0)

    def _offset_s(self, name: str) -> float | None:
        began, time = self._times.get(_S.QUEUED), self._times.get(name)
        if name == _S.READ and time is None:
            time = self._times.get(_S.PLAYED)
        return (time - began).total_seconds() if began and time else None

    def _note(self, name: str, time: datetime) -> None:
        """Keep the first time of each step, and the last of those that can come again."""
        if name == _S.QUEUED and name in self._times:
            # Queued again: another attempt will begin.
            self._times.pop(_S.SENDING, None)
        elif name in _AGAIN or name not in self._times:
            self._times[name] = time


_ON_THE_WAY = frozenset({_S.SCHEDULED, _S.QUEUED, _S.SENDING})
_AGAIN = frozenset({_S.SENDING, _S.FAILED, _S.UNKNOWN})


def read_time(text: str) -> datetime:
    """Read a time as the API writes it."""
    return datetime.fromisoformat(text)
