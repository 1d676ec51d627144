"""What is promised while a claim is prepared: its lease is renewed, and what left is known."""

from __future__ import annotations

import pytest

from relevo.errors import Phase, Unavailable
from relevo.events import DeliveryStatus
from relevo.testing.engine_rules.scene import EngineSetup, Scene


@pytest.mark.anyio
class PreparingRules(EngineSetup):
    """An attempt that uploads files first takes longer than others."""

    async def test_lease_that_is_renewed_keeps_the_lane(self, scene: Scene) -> None:
        """An upload before the attempt may take longer than a lease."""
        await scene.accept()
        (claim,) = await scene.claim(lease_s=20)
        for _ in range(3):
            scene.clock.advance(15)
            assert await scene.engine.renew(claim, lease_s=20)
            assert await scene.claim() == []
        await scene.hand_over(claim)
        assert not await scene.engine.renew(claim, lease_s=20), "it was given back"

    async def test_lease_that_ends_before_anything_left_leaves_no_doubt(self, scene: Scene) -> None:
        """The message waits again, a try is used up, and the silent worker may not go on."""
        record = await scene.accept()
        first = await scene.claim_one()
        assert await scene.engine.renew(first, lease_s=20, phase=Phase.CONNECTING)
        scene.clock.advance(21)
        second = await scene.claim_one()
        assert (second.attempt, second.counted_attempts) == (2, 1)
        assert not await scene.engine.renew(first, lease_s=20, phase=Phase.WRITING)
        lost, _ = await scene.engine.attempts(record.message_id)
        assert (lost.status, lost.phase) == (DeliveryStatus.QUEUED, Phase.CONNECTING)
        assert lost.error is not None
        assert lost.error.code == Unavailable.code
        told = [event.data["status"] for event in await scene.told(record)]
        assert told == ["queued", "sending", "queued", "sending"]
        await scene.hand_over(second)
        assert await scene.status(record) is DeliveryStatus.ACCEPTED

    async def test_phase_of_an_attempt_never_goes_back(self, scene: Scene) -> None:
        """What was written late must not undo that something may have left."""
        record = await scene.accept()
        claim = await scene.claim_one()
        for phase in (Phase.CONNECTING, Phase.WRITING, Phase.CONNECTING):
            assert await scene.engine.renew(claim, lease_s=20, phase=phase)
        scene.clock.advance(21)
        assert await scene.claim() == []
        assert await scene.status(record) is DeliveryStatus.UNKNOWN
        (lost,) = await scene.engine.attempts(record.message_id)
        assert lost.phase is Phase.WRITING
