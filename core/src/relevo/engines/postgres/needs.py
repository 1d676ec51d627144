"""What a transaction must have loaded before the steps can run in it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from relevo.engines.steps.rows import Lane

HEADS_SEEN = 2
"""The head of a lane, and the one after it."""
HEADS_DEEP = 128
"""More than one step ever takes out of a lane."""


class Kind(StrEnum):
    """Kinds of rows, named as the fields of `Needs`."""

    LOCKED_ACCOUNTS = "locked_accounts"
    ACCOUNTS = "accounts"
    REFS = "refs"
    ITEMS = "items"
    KEYS = "keys"
    MESSAGES = "messages"
    LANES = "lanes"
    SEQUENCES = "sequences"
    ATTEMPTS = "attempts"
    ECHOES = "echoes"
    WEBHOOKS = "webhooks"
    PREFERENCES = "preferences"
    MEDIA = "media"
    NEW_MESSAGES = "new_messages"


@dataclass(slots=True)
class Needs:
    """Keys, by the kind of row. What is not there is loaded too: as not there.

    Args:
        locked_accounts: Accounts that may change.
        accounts: Accounts that are only looked at.
        refs: Providers' ids, by account.
        items: Webhook items, by account and key.
        keys: Idempotency keys, by account.
        messages: Messages, with their lane, latest attempt, doubt and schedule.
        leased: Messages that may stand first in a lane that is known. One that does is
            loaded as `messages` are, with one look-up less; of another nothing is known then.
        lanes: Lanes, with how many of their heads, and their thread.
        sequences: Messages by sequence, in lanes that are loaded.
        attempts: Attempts other than the latest, by sequence and number.
        echoes: Accounts of which it is asked how echoes come.
        webhooks: Raw webhooks.
        preferences: What people want, by the lane of their thread.
        media: Files.
        new_messages: How many messages may be added.
    """

    locked_accounts: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    refs: set[tuple[str, str]] = field(default_factory=set)
    items: set[tuple[str, str]] = field(default_factory=set)
    keys: set[tuple[str, str]] = field(default_factory=set)
    messages: set[UUID] = field(default_factory=set)
    leased: dict[UUID, Lane] = field(default_factory=dict)
    lanes: dict[Lane, int] = field(default_factory=dict)
    sequences: set[int] = field(default_factory=set)
    attempts: set[tuple[int, int]] = field(default_factory=set)
    echoes: set[str] = field(default_factory=set)
    webhooks: set[int] = field(default_factory=set)
    preferences: set[Lane] = field(default_factory=set)
    media: set[UUID] = field(default_factory=set)
    new_messages: int = 0

    def add(self, other: Needs) -> Self:
        """Need also what another needs."""
        for one in fields(self):
            mine, more = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, set):
                mine |= more
            elif isinstance(mine, int):
                setattr(self, one.name, mine + more)
        self.leased |= other.leased
        for lane, heads in other.lanes.items():
            self.lanes[lane] = max(self.lanes.get(lane, 0), heads)
        return self

    def note(self, kind: Kind, key: Any) -> None:
        """Need one key more."""
        if kind is Kind.LANES:
            lane, heads = (key, HEADS_SEEN) if isinstance(key, Lane) else key
            self.lanes[lane] = max(self.lanes.get(lane, 0), heads)
        elif kind is Kind.NEW_MESSAGES:
            self.new_messages += key
        else:
            getattr(self, kind.value).add(key)

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))


class NotLoaded(Exception):
    """A step asked for rows that were not loaded: load them, then run the step again."""

    def __init__(self, needs: Needs) -> None:
        super().__init__()
        self.needs = needs

    @classmethod
    def one(cls, kind: Kind, key: Hashable) -> Self:
        """Lack one row."""
        needs = Needs()
        needs.note(kind, key)
        return cls(needs)


class Overtaken(Exception):
    """Somebody else wrote a row first that was not there when this transaction looked."""
