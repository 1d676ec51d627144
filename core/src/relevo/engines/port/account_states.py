"""Account states: what all machines share about an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from relevo.engines.records import AccountState, HealthRecord
from relevo.events import ErrorDetail


class AccountStates(Protocol):
    """What all machines share about an account."""

    async def account_states(self) -> dict[str, AccountState]:
        """Give the state of every account that has one."""
        ...

    async def pause(self, account: str, error: ErrorDetail) -> None:
        """Stop claiming an account's messages, with a `messaging.account` event."""
        ...

    async def resume(self, account: str, *, why: str) -> bool:
        """Claim them again, now; `why` is a stable word. False: it was not paused or blocked.

        A kept health that says it cannot send is dropped but for its facts, with its turn:
        `begin_health` is free at once.
        """
        ...

    async def configured(self, fingerprints: Mapping[str, str]) -> None:
        """Say how accounts are configured now: one that was changed while paused is resumed."""
        ...

    async def begin_health(self, account: str, *, gap_s: float) -> bool:
        """Take the turn to ask how an account is; false: somebody did less than `gap_s` ago."""
        ...

    async def note_health(self, account: str, seen: HealthRecord) -> bool:
        """Keep how it is, with a `messaging.account` event where that changed; tell whether."""
        ...
