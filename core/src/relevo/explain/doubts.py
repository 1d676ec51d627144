"""Say what a doubt waits for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from relevo.engines.records import Standing
from relevo.events import DeliveryStatus
from relevo.explain.explanation import Explanation, told_time
from relevo.reconcile import (
    CHANNEL_UNPROVEN,
    MAY_BE_HELD_BACK,
    NO_ECHO,
    QUIET_FACTOR,
    WEBHOOKS_UNREAD,
)
from relevo.terms import AccountTerms

_S = DeliveryStatus

_HELD_FOR: Mapping[str, str] = MappingProxyType(
    {
        "hold": "Its policy is `hold`: it is never sent again by itself.",
        "attempts_spent": "It was in doubt as often as a message may be tried.",
        NO_ECHO: "The provider does not repeat our ids, so silence proves nothing.",
        MAY_BE_HELD_BACK: (
            "The provider may hold such a message back before it tells anything, so silence "
            "proves nothing."
        ),
        CHANNEL_UNPROVEN: (
            "No webhook came after the wait, and earlier echoes do not show that one would have."
        ),
        WEBHOOKS_UNREAD: "Webhooks of the account wait or were set aside: its echo may be in them.",
    }
)


def tell_unknown(standing: Standing, terms: AccountTerms | None) -> Explanation:
    """Explain a message of which nobody knows whether it left."""
    record, doubt, lane = standing.record, standing.doubt, standing.lane
    why = [f"Nobody knows whether attempt {record.attempts} handed it over."]
    if record.error is not None:
        why.append(record.error.message)
    if doubt is not None and doubt.held_for is not None:
        why.append(_HELD_FOR.get(doubt.held_for, f"It is held: {doubt.held_for}."))
    if lane is not None and lane.waiting_here and lane.due_at is not None:
        why.append(f"Its person's lane waits for it until {told_time(lane.due_at)}.")
    by_hand = f"`relevo messages resolve {record.message_id} sent|not-sent|resend`"
    if doubt is not None and doubt.look_at is not None:
        why.extend(_rule_for_silence(terms))
        then = (
            f"A person may decide at once ({by_hand}); else an echo settles it, or the rule for "
            "silence looks at it then."
        )
        return Explanation(_S.UNKNOWN, tuple(why), then, doubt.look_at)
    then = f"An echo settles it whenever it comes; else a person does: {by_hand}."
    return Explanation(_S.UNKNOWN, tuple(why), then)


def _rule_for_silence(terms: AccountTerms | None) -> tuple[str, ...]:
    """Say what silence has to come to before it proves anything."""
    if terms is None:
        return ()
    if terms.looks_up:
        return ("The provider is asked whether it has the message, until it can tell.",)
    wait_s = terms.reconcile_after_s
    rule = (
        f"Silence shows that it was not sent once it has lasted {wait_s:g} s with our webhooks up "
        "and other news of the account came after that; where nothing else comes, after "
        f"{QUIET_FACTOR * wait_s:g} s. Each time our webhooks were down makes it longer."
    )
    return (rule,)
