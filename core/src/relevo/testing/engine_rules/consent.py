"""Before a person is written to: their window, and what they want."""

from __future__ import annotations

from typing import Any

import pytest

from relevo.engines.records import Checks, MessageRecord
from relevo.errors import OptedOut, WindowClosed
from relevo.events import DeliveryStatus, ErrorDetail, PersonUpdate
from relevo.messages import Address
from relevo.terms import Caution
from relevo.testing.engine_rules.people import teach, tell, thread_of
from relevo.testing.engine_rules.scene import PROVIDER, SHOP
from relevo.testing.engine_rules.stage import Stage, StageSetup

_S = DeliveryStatus
_DAY_S = 86_400
_MARKETING = "marketing"
CLOSED = ErrorDetail(code="window_closed", message="Too late.", provider_code="131047")


async def _ask(stage: Stage, person: str, checks: Checks | None, **more: Any) -> MessageRecord:
    message = stage.to(person).model_copy(update=more)
    accepted = await stage.engine.accept(
        message, provider=PROVIDER, lane_key=message.to.uri(), checks=checks
    )
    return accepted.record


def _window(policy: Caution) -> Checks:
    return Checks(window=policy, window_s=_DAY_S)


def _liked(policy: Caution) -> Checks:
    return Checks(opt_out=policy, category=_MARKETING)


async def _prefer(stage: Stage, person: str, *, allowed: bool, in_s: float | None = None) -> None:
    at = None if in_s is None else stage.at(in_s)
    update = PersonUpdate(
        Address("test", person),
        "preference",
        category=_MARKETING,
        allowed=allowed,
        occurred_at=at,
    )
    await tell(stage, update, person)


async def _refuse(stage: Stage, person: str = "ana") -> None:
    """Send something that the provider refuses because the window is closed."""
    await stage.enter(person)
    await stage.finish(await stage.claim_one(), _S.FAILED, error=CLOSED)


def _codes(record: MessageRecord) -> list[str]:
    return [warning.code for warning in record.warnings]


@pytest.mark.anyio
class WindowRules(StageSetup):
    """A window has three answers, and only one of them keeps anything back."""

    @pytest.mark.parametrize("policy", list(Caution))
    async def test_open_and_unknown_windows_speak_against_nothing(
        self, stage: Stage, policy: Caution
    ) -> None:
        """Nobody was seen writing yet: never treated as closed."""
        assert (await _ask(stage, "ana", _window(policy))).warnings == ()
        await stage.hear_from("ana")
        stage.clock.advance(_DAY_S - 1)
        assert (await _ask(stage, "ana", _window(policy))).warnings == ()

    async def test_closed_window_is_warned_of(self, stage: Stage) -> None:
        """The message goes out; it and its first event carry the warning."""
        await stage.hear_from("ana")
        stage.clock.advance(_DAY_S)
        record = await _ask(stage, "ana", _window(Caution.WARN))
        assert (_codes(record), record.status) == (["window_closed"], _S.QUEUED)
        assert (await stage.now(record)).warnings == record.warnings
        (told,) = await stage.told(record)
        assert [one["code"] for one in told.data["warnings"]] == ["window_closed"]
        await stage.hand_over(await stage.claim_one(), "v-1")
        assert (await stage.now(record)).warnings == record.warnings
        assert "warnings" not in (await stage.told(record))[-1].data

    async def test_closed_window_is_refused_where_the_account_says_so(self, stage: Stage) -> None:
        """Nothing is kept. Where it says `off`, nobody looks."""
        await stage.hear_from("ana")
        stage.clock.advance(_DAY_S)
        before = await stage.engine.head()
        with pytest.raises(WindowClosed, match="template"):
            await _ask(stage, "ana", _window(Caution.REFUSE))
        assert await stage.engine.head() == before
        assert (await _ask(stage, "ana", _window(Caution.OFF))).warnings == ()
        assert (await _ask(stage, "ana", None)).warnings == ()

    async def test_message_that_is_known_is_not_looked_at_again(self, stage: Stage) -> None:
        """It was accepted; to ask again gives it as it is."""
        await stage.hear_from("ana")
        record = await _ask(stage, "ana", _window(Caution.REFUSE))
        stage.clock.advance(_DAY_S)
        again = await _ask(stage, "ana", _window(Caution.REFUSE), message_id=record.message_id)
        assert again.message_id == record.message_id

    async def test_message_for_later_is_looked_at_for_its_time(self, stage: Stage) -> None:
        """It is only warned of: the person may write until then."""
        await stage.hear_from("ana")
        for policy in (Caution.WARN, Caution.REFUSE):
            soon = await _ask(stage, "ana", _window(policy), send_at=stage.at(60))
            late = await _ask(stage, "ana", _window(policy), send_at=stage.at(_DAY_S + 60))
            assert (_codes(soon), _codes(late)) == ([], ["window_closed"])

    async def test_window_is_the_persons_whatever_the_address(self, stage: Stage) -> None:
        """Who wrote from one address may be answered at the other."""
        await stage.accept("ana")
        await stage.hear_from("ana")
        stage.clock.advance(_DAY_S)
        await teach(stage, "ana", "ana-2")
        assert _codes(await _ask(stage, "ana-2", _window(Caution.WARN))) == ["window_closed"]
        await stage.hear_from("ana-2")
        assert _codes(await _ask(stage, "ana", _window(Caution.REFUSE))) == []

    async def test_answer_that_it_is_closed_closes_it(self, stage: Stage) -> None:
        """Until the person writes again; also where nobody was seen writing before."""
        await stage.enter("ana")
        claim = await stage.claim_one()
        await stage.finish(claim, _S.FAILED, error=CLOSED)
        assert (await thread_of(stage, "ana")).refused_at == stage.clock()
        assert _codes(await _ask(stage, "ana", _window(Caution.WARN))) == ["window_closed"]
        stage.clock.advance(1)
        await stage.hear_from("ana")
        assert _codes(await _ask(stage, "ana", _window(Caution.WARN))) == []

    async def test_first_refusal_tells_since_when_it_is_closed(self, stage: Stage) -> None:
        """Not the latest; and a person who writes begins it anew."""
        first = stage.clock()
        for number in range(3):
            await _refuse(stage)
            assert (await thread_of(stage, "ana")).refused_at == first, number
            stage.clock.advance(60)
        await stage.hear_from("ana")
        stage.clock.advance(60)
        again = stage.clock()
        await _refuse(stage)
        stage.clock.advance(60)
        await _refuse(stage)
        assert (await thread_of(stage, "ana")).refused_at == again

    async def test_late_news_of_an_earlier_refusal_moves_it_back(self, stage: Stage) -> None:
        """As long as the person did not write after it."""
        for provider_id in ("v-1", "v-2", "v-3"):
            await stage.enter("ana")
            await stage.hand_over(await stage.claim_one(), provider_id)
        await stage.hear_status("v-1", _S.FAILED, error=CLOSED, occurred_at=stage.at(-10))
        await stage.hear_status("v-2", _S.FAILED, error=CLOSED, occurred_at=stage.at(-60))
        assert (await thread_of(stage, "ana")).refused_at == stage.at(-60)
        await stage.hear_from("ana")
        await stage.hear_status("v-3", _S.FAILED, error=CLOSED, occurred_at=stage.at(-90))
        assert (await thread_of(stage, "ana")).refused_at == stage.at(-60)
        assert _codes(await _ask(stage, "ana", _window(Caution.WARN))) == []

    async def test_refusals_count_together_when_threads_join(self, stage: Stage) -> None:
        """The first of both after the person last wrote."""
        await _refuse(stage)
        first = stage.clock()
        stage.clock.advance(60)
        await _refuse(stage, "ana-2")
        await teach(stage, "ana", "ana-2")
        assert (await thread_of(stage, "ana")).refused_at == first

    async def test_warning_says_what_is_known_of_the_person(self, stage: Stage) -> None:
        """Of one who was never seen writing it does not say when they wrote."""
        await _refuse(stage)
        stage.clock.advance(60)
        (never,) = (await _ask(stage, "ana", _window(Caution.WARN))).warnings
        assert "never seen writing" in never.message
        assert stage.at(-60).isoformat(timespec="seconds") in never.message
        await stage.hear_from("bea")
        stage.clock.advance(_DAY_S)
        (wrote,) = (await _ask(stage, "bea", _window(Caution.WARN))).warnings
        assert "never" not in wrote.message
        assert f"closed since {stage.clock().isoformat(timespec='seconds')}" in wrote.message

    async def test_status_that_it_is_closed_closes_it(self, stage: Stage) -> None:
        """As the provider tells it, mostly later."""
        await stage.enter("ana")
        await stage.hand_over(await stage.claim_one(), "v-1")
        await stage.hear_status("v-1", _S.FAILED, error=CLOSED)
        assert _codes(await _ask(stage, "ana", _window(Caution.WARN))) == ["window_closed"]

    async def test_our_own_refusal_closes_nothing(self, stage: Stage) -> None:
        """Only the provider's word is evidence."""
        await stage.enter("ana")
        claim = await stage.claim_one()
        await stage.finish(claim, _S.FAILED, error=CLOSED, uses_attempt=False)
        assert (await thread_of(stage, "ana")).refused_at is None


@pytest.mark.anyio
class PreferenceRules(StageSetup):
    """What people want to be sent."""

    async def test_what_a_person_does_not_want_is_refused(self, stage: Stage) -> None:
        """Also before any message went either way; other categories and people are free."""
        await _prefer(stage, "ana", allowed=False)
        with pytest.raises(OptedOut, match="marketing"):
            await _ask(stage, "ana", _liked(Caution.REFUSE))
        assert (await _ask(stage, "bea", _liked(Caution.REFUSE))).warnings == ()
        other = Checks(opt_out=Caution.REFUSE, category="news")
        assert (await _ask(stage, "ana", other)).warnings == ()
        assert (await _ask(stage, "ana", _liked(Caution.OFF))).warnings == ()
        assert _codes(await _ask(stage, "ana", _liked(Caution.WARN))) == ["opted_out"]

    async def test_person_may_want_it_again(self, stage: Stage) -> None:
        """The newest word counts, whenever it is heard."""
        await _prefer(stage, "ana", allowed=False)
        stage.clock.advance(10)
        await _prefer(stage, "ana", allowed=True)
        await _prefer(stage, "ana", allowed=False, in_s=-5)
        assert (await _ask(stage, "ana", _liked(Caution.REFUSE))).warnings == ()
        (known,) = (await stage.engine.person(SHOP, "test:ana")).preferences
        assert (known.category, known.allowed, known.changed_at) == (
            _MARKETING,
            True,
            stage.clock(),
        )

    async def test_preference_is_the_persons_whatever_the_address(self, stage: Stage) -> None:
        """Said from one, it holds for all, also for those learned before and after."""
        await teach(stage, "ana", "ana-2")
        await _prefer(stage, "ana-2", allowed=False)
        await teach(stage, "ana", "ana-3")
        for person in ("ana", "ana-2", "ana-3"):
            with pytest.raises(OptedOut):
                await _ask(stage, person, _liked(Caution.REFUSE))

    async def test_newest_word_counts_when_threads_join(self, stage: Stage) -> None:
        """Each address had said something else."""
        await stage.enter("ana")
        await stage.enter("ana-2")
        await _prefer(stage, "ana", allowed=True)
        stage.clock.advance(1)
        await _prefer(stage, "ana-2", allowed=False)
        await teach(stage, "ana", "ana-2")
        with pytest.raises(OptedOut):
            await _ask(stage, "ana", _liked(Caution.REFUSE))

    async def test_thread_shows_what_its_person_wants(self, stage: Stage) -> None:
        """By category."""
        record = await stage.enter("ana")
        await _prefer(stage, "ana", allowed=False)
        found = await stage.engine.conversation(record.conversation_id)
        assert [(one.category, one.allowed) for one in found.preferences] == [(_MARKETING, False)]

    async def test_answer_that_it_is_unwanted_is_kept(self, stage: Stage) -> None:
        """The provider refused it for the person's sake."""
        await stage.enter("ana")
        error = ErrorDetail(code="opted_out", message="Stopped.", provider_code="131050")
        claim = await stage.claim_one()
        await stage.finish(claim, _S.FAILED, error=error, unwanted=_MARKETING)
        with pytest.raises(OptedOut):
            await _ask(stage, "ana", _liked(Caution.REFUSE))
