"""What would become of a message if it were sent now: a dry run that keeps and sends nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import JsonValue

from relevo.capabilities import Capability, required_capabilities
from relevo.checks import weigh, window_of
from relevo.dispatch.preparing import Prepared
from relevo.engines.port import Engine
from relevo.engines.records import (
    AccountState,
    Direction,
    LaneStanding,
    MessageQuery,
    PersonRecord,
    SendWarning,
    Standing,
)
from relevo.engines.transitions import accepted
from relevo.errors import UnknownMessage
from relevo.events import DeliveryStatus, ErrorDetail
from relevo.explain import Explanation, explain
from relevo.media import files_in
from relevo.media.mentions import with_ids
from relevo.providers import lane_key, redacted, render
from relevo.terms import Limits
from relevo.windows import Window

NOT_UPLOADED = "(given by the provider when the file is uploaded)"
"""Stands in a payload for the provider's id of a file of ours."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would become of a message if it were sent now. Nothing was kept or sent.

    Args:
        account: Which account would send it.
        provider: By which provider.
        person: What is known about the person.
        window: How their window is; None: the provider has none.
        warnings: What speaks against it; it goes out all the same.
        refusal: Why it would be refused.
        needs: What the provider has to be able to do for it, and can.
        payload: What the vendor would be sent, with every private value hidden; None: the
            provider does not tell.
        limits: How fast the account's messages leave.
        standing: Why it would wait, what would happen next and when; None: it is refused.
    """

    account: str
    provider: str
    person: PersonRecord
    window: Window | None = None
    warnings: tuple[SendWarning, ...] = ()
    refusal: ErrorDetail | None = None
    needs: frozenset[Capability] = frozenset()
    payload: JsonValue = field(default=None, repr=False)
    limits: Limits = field(default_factory=Limits)
    standing: Explanation | None = None


async def plan(engine: Engine, prepared: Prepared, now: datetime) -> Plan:
    """Look at the person, the lane and the account, and tell what would follow."""
    account, message, checks = prepared.account, prepared.message, prepared.checks
    provider, terms = account.provider, account.terms
    person = await engine.person(account.name, prepared.lane_key)
    warnings, refusal = weigh(checks, person, message, now) if checks else ((), None)
    standing = None
    if refusal is None:
        standing = explain(await _standing(engine, prepared, person, now), terms)
    return Plan(
        account=account.name,
        provider=provider.name,
        person=person,
        window=window_of(person.conversation, terms.window_s, now),
        warnings=warnings,
        refusal=refusal,
        needs=required_capabilities(message),
        payload=_payload(prepared),
        limits=terms.limits,
        standing=standing,
    )


def _payload(prepared: Prepared) -> JsonValue:
    """Let the provider write the message, and hide what is private in it."""
    provider, message = prepared.account.provider, prepared.message
    ids = {mention.media: NOT_UPLOADED for mention in files_in(message.content)}
    if ids:
        message = message.model_copy(update={"content": with_ids(message.content, ids)})
    payload = render(provider, message)
    return None if payload is None else redacted(provider, payload)


async def _standing(
    engine: Engine, prepared: Prepared, person: PersonRecord, now: datetime
) -> Standing:
    """Imagine the message at the tail of its lane."""
    message = prepared.message
    record = accepted(
        message,
        provider=prepared.account.provider.name,
        conversation_id=person.conversation.conversation_id if person.conversation else "",
        now=now,
    )
    last = await _last_of_lane(engine, prepared, person)
    if last is None:
        states = await engine.account_states()
        state = states.get(prepared.account.name, AccountState())
        return Standing(at=now, record=record, attempts=[], account=state)
    lane = _behind(last.lane)
    is_first = lane is not None and lane.head_id == last.record.message_id
    first = last if is_first else last.head
    return Standing(at=now, record=record, attempts=[], account=last.account, lane=lane, head=first)


async def _last_of_lane(
    engine: Engine, prepared: Prepared, person: PersonRecord
) -> Standing | None:
    """Tell how the message stands behind which this one would wait; None: the lane is not known."""
    thread = person.conversation
    if thread is None:
        return None
    waiting = await engine.messages(
        MessageQuery(
            account=prepared.account.name,
            direction=Direction.OUT,
            statuses=frozenset({DeliveryStatus.QUEUED}),
            lane_key=prepared.lane_key,
            limit=1,
        )
    )
    message_id = waiting.items[0].message_id if waiting.items else thread.last_message_id
    try:
        last = await engine.standing(message_id)
    except UnknownMessage:  # it was removed meanwhile
        return None
    # One person may have several addresses, and with them several lanes.
    same_lane = lane_key(prepared.account.provider, last.record.person) == prepared.lane_key
    return last if same_lane else None


def _behind(lane: LaneStanding | None) -> LaneStanding | None:
    """Tell how the lane would look from the place behind its last message."""
    if lane is None:
        return None
    busy = lane.head_id is not None
    return replace(
        lane, ahead=max(1, lane.ahead + lane.waiting_here) if busy else 0, waiting_here=True
    )
