"""Which pending webhooks a receiver is given next: each account's in order, each account in turn.

While a receiver has webhooks of an account in hand, nobody else is given any of
that account: what one person wrote arrives in the order it came. And however
many webhooks one account has, those of another wait no longer than one turn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

LOOKED_AT: Final = 100
"""So many of each account's oldest pending webhooks are looked at; nobody is given more."""


@dataclass(frozen=True, slots=True)
class PendingWebhook:
    """A webhook that nothing was made of yet, and until when it is in somebody's hands."""

    account: str
    webhook_id: int
    taken_until: datetime | None


def choose(pending: Iterable[PendingWebhook], limit: int, now: datetime) -> list[int]:
    """Choose webhooks of accounts that nobody works on: one of each in turn, oldest first."""
    turns = sorted(
        (turn, webhook_id)
        for found in _by_account(pending).values()
        if _free_at(found, now) <= now
        for turn, webhook_id in enumerate(sorted(one.webhook_id for one in found))
    )
    return sorted(webhook_id for _, webhook_id in turns[: max(limit, 0)])


def first_free_at(pending: Iterable[PendingWebhook], now: datetime) -> datetime | None:
    """Tell when an account's webhooks may be taken: now, or when their receiver had its time."""
    return min((_free_at(found, now) for found in _by_account(pending).values()), default=None)


def _by_account(pending: Iterable[PendingWebhook]) -> dict[str, list[PendingWebhook]]:
    found = defaultdict(list)
    for one in pending:
        found[one.account].append(one)
    return found


def _free_at(found: Iterable[PendingWebhook], now: datetime) -> datetime:
    return max((one.taken_until or now for one in found), default=now)
