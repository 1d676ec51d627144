"""Whatever state a message is in, its reason, its next step and its time are named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pydantic import JsonValue

import relevo
from relevo.engines.records import (
    AccountState,
    AttemptRecord,
    DoubtRecord,
    LaneStanding,
    MessageRecord,
    Resolution,
    Standing,
)
from relevo.events import OPEN, ErrorDetail
from relevo.explain import Explanation, explain
from relevo.messages import UnknownPolicy
from relevo.terms import AccountTerms, Limits, Pace, PairPace

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(seconds=30)
LATER = NOW + timedelta(hours=1)
S = relevo.DeliveryStatus
TERMS = AccountTerms(Limits(rate=10, burst=2, pair_pace=PairPace()))
REFUSED = ErrorDetail(code="rejected", message="The template does not exist.")
RECORD = MessageRecord(
    sequence=1,
    message_id=uuid4(),
    direction=relevo.Direction.OUT,
    account="shop",
    provider="fake",
    conversation_id="c",
    person=relevo.Address.parse("5491155550001"),
    content=relevo.TextContent(body="hola"),
    status=S.QUEUED,
    created_at=NOW,
    updated_at=NOW,
)
FREE = AccountState()
LANE = LaneStanding(due_at=NOW, worker=None, ahead=0)


def ask(
    status: relevo.DeliveryStatus = S.QUEUED,
    *,
    account: AccountState = FREE,
    lane: LaneStanding | None = LANE,
    doubt: DoubtRecord | None = None,
    attempts: tuple[AttemptRecord, ...] = (),
    terms: AccountTerms | None = TERMS,
    **record: object,
) -> Explanation:
    message = replace(RECORD, status=status, **record)  # type: ignore[arg-type] # any field
    return explain(Standing(NOW, message, list(attempts), account, lane, doubt), terms)


@pytest.mark.parametrize("status", list(relevo.DeliveryStatus))
def test_every_status_is_explained_with_a_reason_and_a_next_step(
    status: relevo.DeliveryStatus,
) -> None:
    told = ask(status)
    assert told.status is status
    assert told.why
    assert told.next
    assert (status in OPEN) or told.next_at is None


DOUBTED = ErrorDetail(code="outcome_unknown", message="No answer came.")


def settled(resolution: Resolution, why: str = "person", **more: object) -> AttemptRecord:
    told: dict[str, JsonValue] = {
        "resolution": resolution.value,
        "why": why,
        "at": NOW.isoformat(),
    }
    attempt = AttemptRecord(1, NOW, status=S.UNKNOWN, error=DOUBTED, detail={"settled": told})
    return replace(attempt, **more)  # type: ignore[arg-type] # any field


def test_what_a_person_decided_is_never_told_as_the_providers_word() -> None:
    """Not before the provider itself has told anything."""
    decided = settled(Resolution.SENT, status=S.ACCEPTED)
    told = ask(S.ACCEPTED, attempts=(decided,))
    assert "A person decided that attempt 1 was sent" in told.why[0]
    assert not any("provider has it" in sentence for sentence in told.why)
    later = ask(S.SENT, attempts=(decided,), provider_message_id="v-1")
    assert "The provider has it" in later.why[0]
    asked = ask(S.ACCEPTED, attempts=(settled(Resolution.SENT, "echo", status=S.ACCEPTED),))
    assert "The provider has it" in asked.why[0]


@pytest.mark.parametrize(
    ("status", "resolution", "why", "words"),
    [
        (S.FAILED, Resolution.NOT_SENT, "person", "not sent, and the message was given up; a p"),
        (S.QUEUED, Resolution.RESEND, "person", "followed by another; a person decided so"),
        (S.QUEUED, Resolution.RESEND, "policy", "its policy is `resend`"),
        (S.QUEUED, Resolution.RESEND, "silence_after_news", "silence shows"),
        (S.QUEUED, Resolution.RESEND, "looked_up", "found out (looked_up)"),
    ],
)
def test_doubt_that_is_over_says_how_it_ended(
    status: relevo.DeliveryStatus, resolution: Resolution, why: str, words: str
) -> None:
    told = ask(status, attempts=(settled(resolution, why),))
    assert any(words in sentence for sentence in told.why), told.why


@pytest.mark.parametrize("look_at", [None, SOON])
def test_doubt_names_what_a_person_can_decide(look_at: datetime | None) -> None:
    doubt = DoubtRecord(1, NOW, UnknownPolicy.RECONCILE, look_at)
    assert "sent|not-sent|resend`" in ask(S.UNKNOWN, doubt=doubt).next


def test_message_that_is_due_waits_for_a_worker_only() -> None:
    assert ask().next_at == NOW


def test_scheduled_message_names_its_time() -> None:
    assert ask(S.SCHEDULED, send_at=LATER).next_at == LATER


def test_paused_account_is_named_with_its_reason_and_its_way_out() -> None:
    paused = AccountState(paused_at=NOW, pause_error=REFUSED)
    told = ask(account=paused)
    assert "paused" in told.why[0]
    assert "The template does not exist." in told.why[0]
    assert "relevo accounts resume shop" in told.next
    assert told.next_at is None


def test_only_a_pause_by_the_provider_ends_with_a_health_check() -> None:
    refused = AccountState(paused_at=NOW, pause_error=REFUSED)
    by_hand = AccountState(paused_at=NOW, pause_error=replace(REFUSED, code="paused_by_hand"))
    assert "health check" in ask(account=refused).next
    assert "health check" not in ask(account=by_hand).next


def test_blocked_account_goes_on_at_its_time() -> None:
    told = ask(account=AccountState(blocked_until=SOON))
    assert "wants fewer requests" in told.why[0]
    assert told.next_at == SOON


def test_used_up_rate_names_the_next_free_token() -> None:
    told = ask(account=AccountState(full_at=NOW + timedelta(seconds=0.5)))
    assert "10/s" in told.why[0]
    assert told.next_at == NOW + timedelta(seconds=0.4)


def test_pace_to_one_person_names_when_it_is_over() -> None:
    told = ask(lane=replace(LANE, pace=Pace(NOW - timedelta(seconds=7), 3)))
    assert "just written to" in told.why[0]
    assert told.next_at == NOW + timedelta(seconds=11)


def test_messages_ahead_are_counted() -> None:
    told = ask(lane=replace(LANE, ahead=3, due_at=SOON))
    assert told.why[0].startswith("3 messages")
    assert told.next_at == SOON


@pytest.mark.parametrize(
    ("lane", "status", "attempts", "words", "then", "at"),
    [
        (
            replace(LANE, pace=Pace(NOW - timedelta(seconds=7), 3)),
            S.QUEUED,
            (),
            "just written to",
            "leaves then",
            NOW + timedelta(seconds=11),
        ),
        (
            replace(LANE, due_at=SOON),
            S.QUEUED,
            (AttemptRecord(1, NOW, error=REFUSED),),
            "does not exist. (rejected) It waits before it is tried again.",
            "leaves then",
            SOON,
        ),
        (LANE, S.QUEUED, (), "It is due now.", "after them", NOW),
        (
            replace(LANE, due_at=SOON, worker="worker-1"),
            S.SENDING,
            (),
            "under way by worker-1",
            "after them",
            SOON,
        ),
    ],
    ids=["pace", "retry", "due", "under way"],
)
def test_message_behind_another_says_what_the_first_waits_for(
    lane: LaneStanding,
    status: relevo.DeliveryStatus,
    attempts: tuple[AttemptRecord, ...],
    words: str,
    then: str,
    at: datetime,
) -> None:
    first = replace(RECORD, message_id=uuid4(), status=status)
    head = Standing(NOW, first, list(attempts), FREE, lane)
    behind = replace(lane, ahead=3, head_id=first.message_id, head_status=status)
    told = explain(Standing(NOW, RECORD, [], FREE, behind, head=head), TERMS)
    assert told.why[0] == "3 messages to the same person must leave first."
    assert told.why[1].startswith(f"The first of them, {first.message_id}: ")
    assert words in told.why[1]
    assert then in told.next
    assert told.next_at == at


def test_paused_account_is_told_once_of_a_message_behind_another() -> None:
    first = replace(RECORD, message_id=uuid4())
    paused = AccountState(paused_at=NOW, pause_error=REFUSED)
    behind = replace(LANE, ahead=1, head_id=first.message_id, head_status=S.QUEUED)
    head = Standing(NOW, first, [], paused, LANE)
    told = explain(Standing(NOW, RECORD, [], paused, behind, head=head), TERMS)
    assert "paused" in told.why[0]
    assert not any("must leave first" in sentence for sentence in told.why)


def test_doubt_ahead_is_named_with_the_end_of_the_lanes_wait() -> None:
    head = uuid4()
    told = ask(lane=LaneStanding(LATER, None, 1, head_id=head, head_status=S.UNKNOWN))
    assert str(head) in told.why[1]
    assert told.next_at == LATER


def test_retry_names_the_last_error_and_its_time() -> None:
    tried = AttemptRecord(1, NOW, error=REFUSED, phase=relevo.Phase.ANSWERED)
    told = ask(lane=replace(LANE, due_at=SOON), attempts=(tried,))
    assert "Attempt 1 ended" in told.why[0]
    assert "(rejected)" in told.why[0]
    assert told.next_at == SOON


def test_account_nobody_knows_here_is_said_to_be_missing() -> None:
    assert "No account 'shop' is configured" in ask(terms=None).why[0]


def test_doubt_names_when_the_rule_looks_at_it() -> None:
    doubt = DoubtRecord(1, NOW, UnknownPolicy.RECONCILE, look_at=SOON)
    told = ask(S.UNKNOWN, doubt=doubt)
    assert told.next_at == SOON


@pytest.mark.parametrize(
    ("terms", "rule"),
    [
        (AccountTerms(reconcile_after_s=30), "lasted 30 s"),
        (AccountTerms(reconcile_after_s=30), "nothing else comes, after 300 s"),
        (AccountTerms(looks_up=True), "The provider is asked"),
    ],
)
def test_doubt_says_what_would_settle_it(terms: AccountTerms, rule: str) -> None:
    doubt = DoubtRecord(1, NOW, UnknownPolicy.RECONCILE, look_at=SOON)
    assert any(rule in why for why in ask(S.UNKNOWN, doubt=doubt, terms=terms).why)


def test_held_doubt_says_why_and_how_a_person_decides() -> None:
    doubt = DoubtRecord(1, NOW, UnknownPolicy.HOLD, held_for="hold")
    told = ask(S.UNKNOWN, doubt=doubt)
    assert any("never sent again by itself" in why for why in told.why)
    assert "relevo messages resolve" in told.next


def test_dead_letter_says_how_to_send_it_again() -> None:
    assert "relevo messages retry" in ask(S.FAILED).next


def test_failure_after_the_handover_is_no_dead_letter() -> None:
    told = ask(S.FAILED, provider_message_id="wamid.1", error=REFUSED)
    assert "retry" not in told.next
    assert "The template does not exist. (rejected)" in told.why


def test_double_handover_is_never_hidden() -> None:
    assert "handed over 2 times" in ask(S.DELIVERED, handovers=2).why[-1]
