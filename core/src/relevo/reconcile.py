"""Decide whether silence about a message proves that it was not sent. Pure.

A provider that echoes our ids tells of every message it took, if only its
webhooks reach us. So silence counts as "not sent" once we can show that news
would have come: our receiver was up for the whole wait, other news of the
account came after it, and the vendor has no reason to hold this content back.
"""

from __future__ import annotations

from dataclasses import dataclass

from relevo.engines.records import Doubt, Resolution, Settlement

QUIET_FACTOR = 10
"""On a quiet account nothing else comes to prove the channel: so many times the wait instead."""
OUTAGE_FACTOR = 2
"""A vendor repeats news less and less often: they may be late by twice an outage's length."""
_LOOKS_PER_WAIT = 4
_LEAST_LOOK_S = 1.0

PROVEN = "silence_after_news"
PROVEN_QUIET = "silence_on_quiet_account"
MAY_BE_HELD_BACK = "vendor_may_hold_back"
NO_ECHO = "provider_has_no_echo"
CHANNEL_UNPROVEN = "echo_channel_unproven"
WEBHOOKS_UNREAD = "webhooks_unread"


@dataclass(frozen=True, slots=True)
class EchoChannel:
    """What a provider's news can prove.

    Args:
        wait_s: How long silence must last.
        echoes: The provider repeats our ids, and its webhooks can be checked here.
        may_hold_back: It may keep this content back for long before it tells anything.
    """

    wait_s: float
    echoes: bool
    may_hold_back: bool = False


def reconcile(doubt: Doubt, channel: EchoChannel) -> Settlement:
    """Decide by what is known now: sent again, held for a person, or looked at later."""
    if not channel.echoes:
        return _hold(doubt, NO_ECHO)
    if channel.may_hold_back:
        return _hold(doubt, MAY_BE_HELD_BACK)
    since = _Silence.of(doubt, channel)
    if since.up_s < since.wait_s:
        return _look_again(doubt, since.wait_s - since.up_s)
    if since.read_beyond_wait:
        return _resend(doubt, PROVEN)
    quiet_s = QUIET_FACTOR * since.wait_s
    if since.up_s < quiet_s:
        return _look_again(doubt, min(channel.wait_s / _LOOKS_PER_WAIT, quiet_s - since.up_s))
    return _judge_quiet(doubt, channel)


@dataclass(frozen=True, slots=True)
class _Silence:
    """How long nothing was heard of a message, counting only while our receiver was up."""

    up_s: float
    wait_s: float
    read_age_s: float | None

    @classmethod
    def of(cls, doubt: Doubt, channel: EchoChannel) -> _Silence:
        evidence = doubt.evidence
        read_until = evidence.read_until
        return cls(
            up_s=(doubt.at - doubt.record.began_at).total_seconds() - evidence.outage_s,
            wait_s=channel.wait_s + OUTAGE_FACTOR * evidence.outage_s,
            read_age_s=(doubt.at - read_until).total_seconds() if read_until else None,
        )

    @property
    def read_beyond_wait(self) -> bool:
        """Whether news came after the wait, and it and all before it were worked through."""
        return self.read_age_s is not None and self.read_age_s < self.up_s - self.wait_s


def _judge_quiet(doubt: Doubt, channel: EchoChannel) -> Settlement:
    """Decide where no news came for long: by how well echoes came until now."""
    if doubt.evidence.unread_webhooks:
        return _hold(doubt, WEBHOOKS_UNREAD)
    slowest_s = doubt.evidence.slowest_echo_s
    if slowest_s is None or slowest_s > channel.wait_s:
        return _hold(doubt, CHANNEL_UNPROVEN)
    return _resend(doubt, PROVEN_QUIET)


def _resend(doubt: Doubt, why: str) -> Settlement:
    return Settlement(
        doubt.message.message_id, doubt.record.attempt, why, resolution=Resolution.RESEND
    )


def _look_again(doubt: Doubt, in_s: float) -> Settlement:
    return Settlement(
        doubt.message.message_id,
        doubt.record.attempt,
        "waiting",
        look_in_s=max(in_s, _LEAST_LOOK_S),
    )


def _hold(doubt: Doubt, why: str) -> Settlement:
    return Settlement(doubt.message.message_id, doubt.record.attempt, why)
