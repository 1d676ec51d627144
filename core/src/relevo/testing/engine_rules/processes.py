"""Rules about processes: who is up, and what each does."""

from __future__ import annotations

import pytest

from relevo.testing.engine_rules.stage import DAY_S, Stage, StageSetup


@pytest.mark.anyio
class ProcessRules(StageSetup):
    """Processes say that they are up."""

    async def test_process_is_known_with_what_it_does(self, stage: Stage) -> None:
        """When it began stays; when it was seen moves."""
        began = stage.clock()
        await stage.engine.attend("one", works=True, receives=False, every_s=5)
        stage.clock.advance(5)
        await stage.engine.attend("one", works=True, receives=False, every_s=5)
        await stage.engine.attend("other", works=False, receives=True, every_s=5)
        one, other = await stage.engine.processes()
        assert (one.name, one.works, one.receives) == ("one", True, False)
        assert (one.started_at, one.seen_at, one.every_s) == (began, stage.clock(), 5)
        assert (other.name, other.works, other.receives) == ("other", False, True)

    async def test_silent_process_counts_as_gone(self, stage: Stage) -> None:
        """After three beats; one more and it is back."""
        await stage.engine.attend("one", works=True, receives=True, every_s=5)
        stage.clock.advance(15)
        (one,) = await stage.engine.processes()
        assert one.alive(stage.clock())
        stage.clock.advance(0.001)
        assert not one.alive(stage.clock())
        await stage.engine.attend("one", works=True, receives=True, every_s=5)
        (one,) = await stage.engine.processes()
        assert one.alive(stage.clock())

    async def test_process_that_stops_is_forgotten(self, stage: Stage) -> None:
        """At once where it says so, else after a day."""
        for name in ("one", "other"):
            await stage.engine.attend(name, works=True, receives=True, every_s=5)
        await stage.engine.leave("one")
        assert [one.name for one in await stage.engine.processes()] == ["other"]
        stage.clock.advance(DAY_S + 1)
        await stage.engine.attend("third", works=True, receives=True, every_s=5)
        assert [one.name for one in await stage.engine.processes()] == ["third"]
