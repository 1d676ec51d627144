"""Say what a message's attempts came to, and how doubts about them ended."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from relevo.engines.records import AttemptRecord, Resolution, Settled, Standing
from relevo.engines.steps.doubts import BY_PERSON, BY_POLICY
from relevo.engines.transitions.news import BY_ECHO, BY_NEWS
from relevo.explain.explanation import said
from relevo.reconcile import PROVEN, PROVEN_QUIET

_CAME_TO: Mapping[Resolution, str] = MappingProxyType(
    {
        Resolution.SENT: "counts as sent",
        Resolution.NOT_SENT: "counts as not sent, and the message was given up",
        Resolution.RESEND: "is followed by another",
    }
)
_SILENCE = "silence shows that it was not sent"
_BECAUSE: Mapping[str, str] = MappingProxyType(
    {
        BY_PERSON: "a person decided so",
        BY_POLICY: "its policy is `resend`",
        BY_ECHO: "the provider repeated our id of it",
        BY_NEWS: "the provider told news of it",
        PROVEN: _SILENCE,
        PROVEN_QUIET: _SILENCE,
    }
)


def last_attempt(standing: Standing) -> tuple[str, ...]:
    """Say how the latest attempt that failed ended; nothing where none did."""
    ended = [attempt for attempt in standing.attempts if attempt.error is not None]
    if not ended:
        return ()
    last = ended[-1]
    phase = f", having reached {last.phase.value!r}" if last.phase else ""
    told = f"Attempt {last.number} ended{phase}: {said(last.error)}"
    return (told, *_settled(last))


def _settled(attempt: AttemptRecord) -> tuple[str, ...]:
    """Say how the doubt about an attempt ended."""
    if attempt.settled is None:
        return ()
    came_to, because = _settled_words(attempt.settled)
    return (f"The doubt about it is over: it {came_to}; {because}.",)


def _settled_words(settled: Settled) -> tuple[str, str]:
    """Say what a doubt came to, and why, as halves of a sentence."""
    because = _BECAUSE.get(settled.why, f"that was found out ({settled.why})")
    return _CAME_TO[settled.resolution], because
