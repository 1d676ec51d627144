"""How the store stands: everything that readiness is told from, as it was asked together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import relevo

_NEWEST_DEAD: Final = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """What was read of the store.

    Args:
        pulse: The engine.
        states: Accounts that have a state.
        processes: Who is up.
        cursors: Event handlers and sinks.
        sets_aside: Whether items of webhooks of the accounts that are looked at were set aside.
        given_up_at: When messages were given up, of the newest few; asked for all accounts only.
    """

    pulse: relevo.EnginePulse
    states: Mapping[str, relevo.AccountState]
    processes: Sequence[relevo.ProcessRecord]
    cursors: Sequence[relevo.CursorRecord]
    sets_aside: bool
    given_up_at: Sequence[datetime] = ()


async def read_standing(engine: relevo.Engine, accounts: frozenset[str] | None) -> Standing:
    """Read how the store stands for these accounts; None: all.

    Raises:
        EngineError: It cannot be read.
    """
    return Standing(
        await engine.pulse(),
        await engine.account_states(),
        await engine.processes(),
        await engine.cursors(),
        bool((await engine.quarantined(limit=1, visible=accounts)).items),
        await _look_at_dead(engine) if accounts is None else (),
    )


async def _look_at_dead(engine: relevo.Engine) -> Sequence[datetime]:
    """Tell when the newest dead letters were given up: along their own index, a few only."""
    page = await engine.messages(relevo.MessageQuery(dead=True, limit=_NEWEST_DEAD))
    return [one.closed_at for one in page.items if one.closed_at is not None]
