"""What a step makes of a message, where no engine can lead to it yet."""

from __future__ import annotations

from dataclasses import replace

from relevo.engines.records import Claim, Completion
from relevo.engines.transitions import accepted, completed
from relevo.events import DeliveryStatus
from relevo.messages import Address, Message
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import REFUSED

_S = DeliveryStatus


def test_late_refusal_of_an_earlier_attempt_does_not_end_the_doubt_about_the_latest() -> None:
    clock = FakeClock()
    message = Message(account="shop", to=Address("test", "ana"), text="hello")
    record = accepted(message, provider="fake", conversation_id="thread", now=clock())
    doubtful = replace(record, status=_S.UNKNOWN, attempts=2)
    claim = Claim(
        message=message,
        account="shop",
        lane_key="ana",
        attempt=1,
        counted_attempts=0,
        replayed_attempts=0,
        throttles=0,
        token=1,
        lease_until=clock(),
    )
    late = Completion(claim, _S.FAILED, error=REFUSED)
    change = completed(doubtful, late, held=False, now=clock())
    assert change.record == doubtful
    of_the_latest = replace(late, claim=replace(claim, attempt=2))
    change = completed(doubtful, of_the_latest, held=False, now=clock())
    assert (change.record.status, change.record.error) == (_S.FAILED, REFUSED)
