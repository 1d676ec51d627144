"""Rules about traces: a message keeps the one it was asked for in."""

from __future__ import annotations

import pytest

from relevo.testing.engine_rules.stage import Stage, StageSetup

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.anyio
class TraceRules(StageSetup):
    """What happens to a message can be told of the trace it belongs to."""

    async def test_trace_is_kept_claimed_and_told_beside_the_data(self, stage: Stage) -> None:
        """On the message, for the attempt, and in every event about it."""
        record = await stage.enter(trace=TRACE)
        assert (await stage.now(record)).trace == TRACE
        claim = await stage.claim_one()
        assert claim.message.trace == TRACE
        await stage.hand_over(claim)
        await stage.echo(record, 1)
        told = await stage.told(record)
        assert len(told) > 2
        assert {event.traceparent for event in told} == {TRACE}
        assert not any("traceparent" in event.data for event in told)

    async def test_message_without_a_trace_tells_none(self, stage: Stage) -> None:
        """The attribute is left out of the envelope."""
        record = await stage.enter()
        (told,) = await stage.told(record)
        assert told.traceparent is None
        assert "traceparent" not in told.to_json()
