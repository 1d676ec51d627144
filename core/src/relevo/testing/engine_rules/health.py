"""Rules about how accounts are: asked in turns, kept, and told where it changed."""

from __future__ import annotations

import pytest

from relevo.engines.records import HealthRecord
from relevo.events import EventType
from relevo.testing.engine_rules.scene import CLINIC, SHOP
from relevo.testing.engine_rules.stage import LOCKED_OUT, Stage, StageSetup

_GREEN = HealthRecord(can_send=True, facts={"quality": "GREEN", "limit": 250})
_RED = HealthRecord(
    can_send=True, facts={"quality": "RED", "limit": 250}, problems=("Its quality is low.",)
)


@pytest.mark.anyio
class HealthRules(StageSetup):
    """A provider says how its account is."""

    async def test_only_one_asks_at_a_time(self, stage: Stage) -> None:
        """Whoever comes within the gap leaves it to the one before, account by account."""
        assert await stage.engine.begin_health(SHOP, gap_s=60)
        assert await stage.engine.begin_health(CLINIC, gap_s=60)
        stage.clock.advance(59)
        assert not await stage.engine.begin_health(SHOP, gap_s=60)
        stage.clock.advance(1)
        assert await stage.engine.begin_health(SHOP, gap_s=60)

    async def test_answer_is_kept_with_its_time(self, stage: Stage) -> None:
        """It stands in the account's state, and stops nothing."""
        await stage.engine.begin_health(SHOP, gap_s=60)
        await stage.engine.note_health(SHOP, _GREEN)
        state = (await stage.engine.account_states())[SHOP]
        health = state.health
        assert health is not None
        assert (health.can_send, health.facts, health.problems) == (True, _GREEN.facts, ())
        assert health.asked_at == health.begun_at == stage.clock()
        await stage.enter()
        assert len(await stage.claim()) == 1

    async def test_change_is_told_with_what_changed(self, stage: Stage) -> None:
        """The same answer again is no news, nor is a first one with nothing to mend."""
        assert not await stage.engine.note_health(SHOP, _GREEN)
        assert not await stage.engine.note_health(SHOP, _GREEN)
        assert await stage.engine.note_health(SHOP, _RED)
        assert not await stage.engine.note_health(SHOP, _RED)
        (told,) = await stage.log()
        assert told.type is EventType.ACCOUNT
        assert told.data == {
            "account": SHOP,
            "kind": "health",
            "can_send": True,
            "before": {"quality": "GREEN"},
            "after": {"quality": "RED"},
            "problems": ["Its quality is low."],
        }

    async def test_refusal_is_news_though_no_fact_changed(self, stage: Stage) -> None:
        """Whether it can send is told too."""
        await stage.engine.note_health(SHOP, _GREEN)
        refused = HealthRecord(can_send=False, facts=_GREEN.facts, problems=("The token expired.",))
        assert await stage.engine.note_health(SHOP, refused)
        (told,) = await stage.log()
        assert (told.data["can_send"], told.data["before"], told.data["after"]) == (False, {}, {})

    async def test_first_answer_is_told_if_there_is_something_to_mend(self, stage: Stage) -> None:
        """Nobody is left to find it by chance."""
        assert await stage.engine.note_health(SHOP, _RED)
        (told,) = await stage.log()
        assert (told.data["before"], told.data["after"]) == ({}, _RED.facts)

    async def test_resume_drops_an_answer_that_the_account_cannot_send(self, stage: Stage) -> None:
        """It holds no longer; its facts stay to be compared, and anybody may ask at once."""
        refused = HealthRecord(can_send=False, facts=_GREEN.facts, problems=("The token expired.",))
        await stage.engine.begin_health(SHOP, gap_s=60)
        await stage.engine.note_health(SHOP, refused)
        await stage.engine.pause(SHOP, LOCKED_OUT)
        await stage.engine.resume(SHOP, why="by_hand")
        health = (await stage.engine.account_states())[SHOP].health
        assert health == HealthRecord(facts=_GREEN.facts)
        assert await stage.engine.begin_health(SHOP, gap_s=60)

    async def test_resume_keeps_an_answer_that_the_account_can_send(self, stage: Stage) -> None:
        """What is to be mended is so still."""
        await stage.engine.note_health(SHOP, _RED)
        before = (await stage.engine.account_states())[SHOP].health
        await stage.engine.pause(SHOP, LOCKED_OUT)
        await stage.engine.resume(SHOP, why="by_hand")
        assert (await stage.engine.account_states())[SHOP].health == before
