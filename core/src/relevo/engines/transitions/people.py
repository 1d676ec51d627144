"""What is known about people: threads that are one, windows, and what they want to be sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from relevo.contents import EditContent, ReactionContent, RevokeContent
from relevo.engines.records import (
    Checks,
    ConversationRecord,
    MessageRecord,
    PreferenceRecord,
    SendWarning,
)
from relevo.engines.replacing import replace
from relevo.errors import OptedOut, Rejected, WindowClosed
from relevo.events import DeliveryStatus, EventType, InboundMessage
from relevo.middleware import EventDraft
from relevo.terms import Caution
from relevo.windows import WindowState, window_at

JOINED = "conversation_joined"
# Meta does not say whether these open a window (2026-11): what is not known opens none.
_NOTHING_WRITTEN = (ReactionContent, EditContent, RevokeContent)

Preferences = Mapping[str, PreferenceRecord]
"""What a person wants to be sent, by category."""


def wrote_at(inbound: InboundMessage, now: datetime) -> datetime | None:
    """Tell when the person wrote, if it opens a window: live, by themselves, and not about another.

    A webhook may come late: then what counts is when they wrote.
    """
    if not inbound.live or inbound.from_us or isinstance(inbound.content, _NOTHING_WRITTEN):
        return None
    return min(inbound.occurred_at or now, now)


def refused(thread: ConversationRecord, at: datetime) -> ConversationRecord:
    """Note that the provider found the window closed at a moment.

    What counts is since when it is known to be closed, so the first refusal after the
    person last wrote stands, whatever is refused after it.
    """
    first = _first_refusal(thread.last_inbound_at, thread.refused_at, at)
    return thread if first == thread.refused_at else replace(thread, refused_at=first)


def merged(older: ConversationRecord, younger: ConversationRecord) -> ConversationRecord:
    """Count a younger thread into the older one it turned out to be a part of."""
    newest = max(older, younger, key=lambda one: one.last_sequence)
    wrote = [one for one in (older, younger) if one.last_inbound_at is not None]
    named = max(wrote, key=lambda one: one.last_inbound_at or one.updated_at, default=newest)
    wrote_at = _later(older.last_inbound_at, younger.last_inbound_at)
    return replace(
        older,
        person=named.person,
        person_name=named.person_name or older.person_name or younger.person_name,
        messages=older.messages + younger.messages,
        last_message_id=newest.last_message_id,
        last_sequence=newest.last_sequence,
        updated_at=max(older.updated_at, younger.updated_at),
        last_inbound_at=wrote_at,
        refused_at=_first_refusal(wrote_at, older.refused_at, younger.refused_at),
    )


def newer(ours: Preferences, theirs: Preferences) -> dict[str, PreferenceRecord]:
    """Give what the second knows better, or alone, than the first."""
    return {
        category: one
        for category, one in theirs.items()
        if category not in ours or ours[category].changed_at < one.changed_at
    }


def told_joined(older: ConversationRecord, younger: ConversationRecord) -> EventDraft:
    """Tell that two threads are one."""
    return EventDraft(
        EventType.ACCOUNT,
        {
            "account": older.account,
            "provider": older.provider,
            "kind": JOINED,
            "conversation_id": older.conversation_id,
            "joined_id": younger.conversation_id,
        },
    )


def check_person(
    checks: Checks,
    thread: ConversationRecord | None,
    preferences: Callable[[], Preferences],
    record: MessageRecord,
) -> tuple[SendWarning, ...]:
    """Look whether a message should go to this person; give what speaks against it.

    Args:
        checks: What to look at.
        thread: The thread with the person.
        preferences: Gives what they want; asked only where it matters.
        record: The message as it is about to be kept.

    Raises:
        OptedOut: The person does not want it, and the account says to refuse.
        WindowClosed: The window is known to be closed, and the account says to refuse. A
            message for later is looked at again then: the person may write until then.
    """
    warnings = []
    for policy, warning, kind in _against(checks, thread, preferences, record):
        later = kind is WindowClosed and record.status is DeliveryStatus.SCHEDULED
        if policy is Caution.REFUSE and not later:
            msg = f"Account {record.account!r}: {warning.message} {warning.advice}"
            raise kind(msg)
        warnings.append(warning)
    return tuple(warnings)


def _against(
    checks: Checks,
    thread: ConversationRecord | None,
    preferences: Callable[[], Preferences],
    record: MessageRecord,
) -> Iterator[tuple[Caution, SendWarning, type[Rejected]]]:
    if checks.opt_out is not Caution.OFF and checks.category is not None:
        preference = preferences().get(checks.category)
        if preference is not None and not preference.allowed:
            yield checks.opt_out, _unwanted(preference), OptedOut
    if checks.window is not Caution.OFF and thread is not None:
        waits = record.status is DeliveryStatus.SCHEDULED and record.send_at is not None
        warning = _closed(checks, thread, record.send_at if waits else None, record.updated_at)
        if warning is not None:
            yield checks.window, warning, WindowClosed


def _closed(
    checks: Checks, thread: ConversationRecord, send_at: datetime | None, now: datetime
) -> SendWarning | None:
    window = window_at(
        send_at or now,
        wrote_at=thread.last_inbound_at,
        refused_at=thread.refused_at,
        window_s=checks.window_s,
    )
    if window.state is not WindowState.CLOSED or window.since is None:
        return None
    since = _time(window.since)
    closed = f"is closed since {since}"
    if window.since > now:
        closed = f"is closed from {since} on unless the person writes before"
    elif thread.last_inbound_at is None:
        closed = f"is closed, the provider said at {since}; the person was never seen writing"
    elif window.since == thread.refused_at:
        closed = f"is closed since {since}, as the provider said"
    return SendWarning(
        WindowClosed.code,
        f"The window for free-form content {closed}: {_WHO_REFUSES[checks.window]}.",
        "Send a template, or wait until the person writes.",
    )


_WHO_REFUSES: Mapping[Caution, str] = MappingProxyType(
    {
        Caution.WARN: "the provider will probably refuse this",
        Caution.REFUSE: "this account's setting window = 'refuse' does not let this leave",
    }
)
"""What happens to free-form content then, by what the account says."""


def _unwanted(preference: PreferenceRecord) -> SendWarning:
    return SendWarning(
        OptedOut.code,
        f"The person wants no {preference.category!r} since {_time(preference.changed_at)}.",
        "Send none of them until they allow it again.",
    )


def _first_refusal(
    wrote_at: datetime | None, one: datetime | None, other: datetime | None
) -> datetime | None:
    """Tell which refusal counts: the first after the person wrote, else the latest before."""
    known = [at for at in (one, other) if at is not None]
    after = [at for at in known if wrote_at is None or at > wrote_at]
    return min(after) if after else max(known, default=None)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
