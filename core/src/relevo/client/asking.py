"""Whether and when a request is made again, and what it comes to in the end. No I/O."""

from __future__ import annotations

import random
from typing import Generic, TypeVar

import httpx

from relevo.client.call import Call
from relevo.client.refusals import read_problem, read_retry_after, refusal
from relevo.errors import AnswerLost
from relevo.server_address import reason_of, unreachable

AnswerT = TypeVar("AnswerT")

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_TOO_SLOW = (httpx.ReadTimeout, httpx.WriteTimeout)
_FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
"""A server that asks for more is not waited for: the caller decides."""
_NOTHING_KEPT = frozenset({"engine_busy"})
"""Says that nothing was done, whatever was asked."""
_PASSING = _NOTHING_KEPT | {"engine_unavailable", "engine_error", "media_unavailable"}
"""Trouble of the server itself. The same status for a provider's trouble is an answer."""
_SERVICE_UNAVAILABLE = 503


class Asking(Generic[AnswerT]):
    """Follow one call through its tries.

    Args:
        call: What is asked.
        url: Whom.
        tries: How often at most.
    """

    def __init__(self, call: Call[AnswerT], url: str, tries: int) -> None:
        self._call = call
        self._url = url
        self._left = tries - 1
        self._pause_s = _FIRST_PAUSE_S
        self._lost: AnswerLost | None = None

    def read(self, answer: httpx.Response) -> AnswerT:
        """Give what a good answer says."""
        return self._call.read(answer.content, str(answer.request.url.copy_with(query=None)))

    def pause_after_error(self, error: httpx.TransportError) -> float:
        """Give the seconds to wait before the next try.

        Raises:
            ServerUnreachable: No server answers, and none heard it.
            AnswerLost: The server may have heard it, and asking again could do it twice.
        """
        never_sent = isinstance(error, NEVER_SENT)
        if not never_sent:
            self._lost = answer_lost(self._url, error)
        harmless = never_sent or (self._call.repeatable and not isinstance(error, _TOO_SLOW))
        if harmless and self._left > 0:
            return self._next_pause()
        # An earlier try may have been heard, though the last one was not.
        raise self._lost or unreachable(self._url, error) from error

    def pause_after_refusal(self, answer: httpx.Response) -> float:
        """Give the seconds to wait before the next try.

        Raises:
            RelevoError: The refusal, which another try would not change.
        """
        asked_s = read_retry_after(answer)
        if asked_s is None or asked_s > LONGEST_PAUSE_S or not self._left:
            raise refusal(answer)
        if not self._may_pass(answer):
            raise refusal(answer)
        return max(asked_s, self._next_pause())

    def _may_pass(self, answer: httpx.Response) -> bool:
        if answer.status_code != _SERVICE_UNAVAILABLE:
            return False
        problem = read_problem(answer)
        if problem is None:  # a proxy's, before a server that starts or stops
            return self._call.repeatable
        return problem.code in (_PASSING if self._call.repeatable else _NOTHING_KEPT)

    def _next_pause(self) -> float:
        self._left -= 1
        pause_s = self._pause_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads, hides nothing
        self._pause_s *= 2
        return pause_s


def answer_lost(url: str, error: httpx.TransportError) -> AnswerLost:
    """Say that a request got no answer, though the server may have heard it."""
    return AnswerLost(f"The server at {url} broke off before it answered ({reason_of(error)}).")
