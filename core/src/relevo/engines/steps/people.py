"""What is learned about people: addresses that are one person's, refusals, preferences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from relevo.engines.records import PreferenceRecord
from relevo.engines.replacing import replace
from relevo.engines.steps.rows import Lane, Rows
from relevo.engines.transitions import merged, newer, refused, told_joined
from relevo.errors import WindowClosed
from relevo.events import ErrorDetail, PersonUpdate

_NO_THREAD = float("inf")


def learn(rows: Rows, account: str, keys: Iterable[str], now: datetime) -> None:
    """Let addresses that turned out to be one person's share one thread, the oldest of theirs.

    Lanes stay as they are, and so does the order within each.
    """
    roots = list(dict.fromkeys(rows.root_of(Lane(account, key)) for key in keys))
    if len(roots) <= 1:
        return
    threads = {root: rows.conversation(root) for root in roots}
    oldest = min(
        roots,
        key=lambda root: thread.first_sequence if (thread := threads[root]) else _NO_THREAD,
    )
    for root in roots:
        if root != oldest:
            _join(rows, root, oldest, now)


def _join(rows: Rows, younger: Lane, older: Lane, now: datetime) -> None:
    """Make one person's two threads one; preferences follow."""
    kept, gone = rows.conversation(older), rows.conversation(younger)
    better = newer(rows.preferences(older), rows.preferences(younger))
    for preference in better.values():
        rows.save_preference(older, preference)
    if kept is not None and gone is not None:
        rows.save_conversation(older, merged(kept, gone))
        rows.save_conversation(younger, replace(gone, joined_to=kept.conversation_id))
        rows.rejoin(gone.conversation_id, kept.conversation_id)
        rows.tell(told_joined(kept, gone), older.account, None, now)
    rows.lead(younger, older.lane_key)


def note_refusal(rows: Rows, lane: Lane, error: ErrorDetail | None, at: datetime) -> None:
    """Note that the window was closed at a moment, if that is what the provider said."""
    if error is None or error.code != WindowClosed.code:
        return
    thread = rows.conversation(lane)
    if thread is not None and (after := refused(thread, at)) is not thread:
        rows.save_conversation(lane, after)


def note_update(rows: Rows, lane: Lane, update: PersonUpdate, now: datetime) -> None:
    """Keep what a person wants, if the news say it and nothing newer is known."""
    if update.category is None or update.allowed is None:
        return
    at = min(update.occurred_at or now, now)
    prefer(rows, lane, PreferenceRecord(update.category, update.allowed, at))


def prefer(rows: Rows, lane: Lane, preference: PreferenceRecord) -> None:
    """Keep what a person wants, unless something newer is known."""
    known = rows.preferences(lane).get(preference.category)
    if known is None or (known.changed_at <= preference.changed_at and known != preference):
        rows.save_preference(lane, preference)
