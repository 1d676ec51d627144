"""Rows of lanes, accounts and doubts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from relevo.engines.records import AccountState, DoubtRecord, MessageRecord
from relevo.engines.steps.rows.values import Head, Lane, LaneState, Waiting


class LaneRows(Protocol):
    """Lanes and the messages that wait in them or for them, and what accounts share."""

    def join_lane(self, lane: Lane, record: MessageRecord, now: datetime) -> None:
        """Put a message at the lane's tail; a lane at rest is due now, as bulk as its head."""
        ...

    def leave_lane(self, lane: Lane, record: MessageRecord) -> bool:
        """Take a message out of its lane; false where it was not in it."""
        ...

    def first_in(self, lane: Lane) -> Waiting | None:
        """Give the head of a lane, ready to be handed over."""
        ...

    def head_of(self, lane: Lane) -> Head | None:
        """Tell who stands first in a lane."""
        ...

    def lane(self, lane: Lane) -> LaneState | None:
        """Tell how a lane is."""
        ...

    def save_lane(self, lane: Lane, state: LaneState) -> None:
        """Keep how a lane is now."""
        ...

    def due_lanes(
        self, account: str, now: datetime, limit: int, *, bulk_first: bool
    ) -> Sequence[Lane]:
        """Give an account's lanes that are due: normal before bulk or the reverse, longest first.

        On an engine with several workers nobody else gets them in this moment.
        """
        ...

    def held_lanes(self) -> Sequence[Lane]:
        """Give the lanes that somebody holds."""
        ...

    def account(self, account: str) -> AccountState:
        """Tell what stands between an account and its next message."""
        ...

    def save_account(self, account: str, state: AccountState) -> None:
        """Keep how an account is now."""
        ...

    def schedule(self, record: MessageRecord, due_at: datetime) -> None:
        """Let a message wait for its time, outside its lane."""
        ...

    def unschedule(self, record: MessageRecord) -> None:
        """Let it wait no longer."""
        ...

    def due_scheduled(self, account: str, now: datetime, limit: int) -> Sequence[MessageRecord]:
        """Give an account's messages whose time has come, earliest first."""
        ...

    def doubt(self, record: MessageRecord) -> DoubtRecord | None:
        """Find the open doubt about a message."""
        ...

    def save_doubt(self, record: MessageRecord, doubt: DoubtRecord) -> None:
        """Keep a doubt as it is now."""
        ...

    def drop_doubt(self, record: MessageRecord) -> None:
        """Forget the doubt about a message, if there is one."""
        ...
