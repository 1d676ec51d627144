"""How the event stream is followed through cuts: the place, the pauses, what is told. No I/O."""

from __future__ import annotations

import json
import logging
import random
from collections import deque
from collections.abc import Callable

import httpx
from pydantic import ValidationError

from relevo.client.asking import NEVER_SENT, answer_lost
from relevo.client.call import Call
from relevo.client.calls.events import EVENT_STREAM
from relevo.client.frames import Frame, FrameReader
from relevo.client.refusals import read_retry_after, refusal
from relevo.errors import ForeignAnswer
from relevo.events import Event, EventType
from relevo.server_address import reason_of, unreachable

logger = logging.getLogger("relevo.client")

Tell = Callable[[str], object]
SILENCE_S = 60.0
"""Longer than servers are silent by default (15 s): then the connection is dead."""
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
_LONGEST_ASKED_S = 60.0
FIRST_TRIES = 6
"""So often a stream that never was open is asked for, within some six seconds: a server may be
restarting."""
_PASSING = frozenset({429, 502, 503, 504})
"""What a server, or a proxy before it, answers while it starts or stops, or is asked too much."""
_STARTING = _PASSING - {429}
_TYPES = frozenset(EventType)


class Following:
    """Keep a reader's place, so that every event comes once however often the stream is cut.

    Args:
        ask: Makes the request that reads on after an event.
        url: Whom it goes to.
        after: The id to begin after; None: what comes from now on.
        tell: Hears of each cut, and that it is over.
        tries: How often it is asked for at most until it is open for the first time.
    """

    def __init__(
        self,
        ask: Callable[[str | None], Call[None]],
        url: str,
        after: str | None,
        tell: Tell | None,
        tries: int = FIRST_TRIES,
    ) -> None:
        self._ask = ask
        self._url = url
        self._place = after
        self._tell: Tell = tell or logger.info
        self._frames = FrameReader()
        self._pause_s = _FIRST_PAUSE_S
        self._tries_left = tries - 1
        self._been_open = self._is_cut = False
        self._unknown: set[str] = set()
        self.open = False
        self.events: deque[Event] = deque()
        """What came and was not given to the reader yet."""

    def request(self) -> Call[None]:
        """Make the request that reads on."""
        self._frames = FrameReader()
        return self._ask(self._place)

    def check(self, answer: httpx.Response) -> None:
        """Refuse a good answer that is no event stream.

        Raises:
            ForeignAnswer: It is something else.
        """
        if not answer.headers.get("content-type", "").startswith(EVENT_STREAM):
            raise refusal(answer)

    def feed(self, part: bytes) -> None:
        """Take what came: the stream begins with a sign of life, and from then on misses nothing.

        Raises:
            ForeignAnswer: An event cannot be understood.
        """
        for frame in self._frames.feed(part):
            if frame.data is not None:
                self._take(frame)
            self._place = frame.id or self._place
            if not self.open:
                self._opened()

    def pause_after_end(self) -> float:
        """Give the seconds to wait after the server ended the stream."""
        return self._cut("the server ended it")

    def pause_after_error(self, error: httpx.TransportError) -> float:
        """Give the seconds to wait after the connection broke.

        Raises:
            ServerUnreachable: No server answers, and none has for as long as was waited.
            AnswerLost: The server broke off, and was never heard.
        """
        if self._may_wait():
            return self._cut(reason_of(error))
        if isinstance(error, NEVER_SENT):
            raise unreachable(self._url, error) from error
        raise answer_lost(self._url, error) from error

    def pause_after_refusal(self, answer: httpx.Response) -> float:
        """Give the seconds to wait after a refusal that may pass.

        Raises:
            RelevoError: It will not pass, or the server was never heard otherwise.
        """
        passes = answer.status_code in (_PASSING if self._been_open else _STARTING)
        if not passes or not self._may_wait():
            raise refusal(answer)
        pause_s = self._cut(f"HTTP {answer.status_code}")
        return max(pause_s, min(read_retry_after(answer) or 0, _LONGEST_ASKED_S))

    def _may_wait(self) -> bool:
        """Whether to try again: always where it was open, else until its tries are used up."""
        return self._been_open or self._tries_left > 0

    def _opened(self) -> None:
        if self._is_cut:
            self._tell(
                "The stream is back; it goes on where it was cut."
                if self._been_open
                else "The stream is open."
            )
        self.open = self._been_open = True
        self._is_cut, self._pause_s = False, _FIRST_PAUSE_S

    def _cut(self, reason: str) -> float:
        self.open = False
        if not self._is_cut:
            self._tell(
                f"The stream was cut ({reason}); trying again until it is back."
                if self._been_open
                else f"The stream does not open ({reason}); trying again for a few seconds."
            )
            self._is_cut = True
        # Spread, so that the readers of a server that restarts do not come all at once.
        pause_s = self._pause_s * random.uniform(0.5, 1.0)  # noqa: S311 - hides nothing
        if not self._been_open:
            self._tries_left -= 1
        self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        return pause_s

    def _take(self, frame: Frame) -> None:
        event: Event | None = None
        kind = ""
        try:
            said = json.loads(frame.data or "")
            kind = str(said.get("type")) if isinstance(said, dict) else ""
            event = Event.model_validate(said)
        except (ValidationError, ValueError):
            if kind.startswith("messaging.") and kind not in _TYPES:
                self._leave_out(kind)
                return
        if event is None:
            msg = f"The event {frame.id} of {self._url} is none that this version can read."
            raise ForeignAnswer(msg)
        self.events.append(event)

    def _leave_out(self, kind: str) -> None:
        """Pass over what a newer server tells and this version has no word for."""
        if kind not in self._unknown:
            self._unknown.add(kind)
            logger.warning("Events of the type %s are passed over: update relevo.", kind[:60])
