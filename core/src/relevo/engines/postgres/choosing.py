"""Which lanes a claim may take: found by index, locked, and skipped where others hold them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from relevo.engines.port import Clock
from relevo.engines.postgres.columns import read_account
from relevo.engines.postgres.connections import Connection
from relevo.engines.postgres.loading import Loader
from relevo.engines.postgres.needs import HEADS_SEEN, Needs
from relevo.engines.postgres.rows import WorkingSet
from relevo.engines.steps.claiming import PROMOTED_PER_CLAIM, Turn
from relevo.engines.steps.rows import Lane
from relevo.engines.values import micros, moment
from relevo.terms import AccountTerms, tokens

# Every look-up ends after the first rows of one index, however much waits behind them.
_ACCOUNTS_WITH_WORK: Final = """
SELECT k.account AS name, n.now, s.due AS scheduled, a.*
FROM (SELECT coalesce($2, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS now) AS n
CROSS JOIN unnest($1::text[]) AS k(account)
LEFT JOIN account AS a ON a.account = k.account
LEFT JOIN LATERAL (
  SELECT true AS due FROM lane
  WHERE account = k.account AND NOT bulk AND due_at <= n.now ORDER BY due_at LIMIT 1
) AS l ON true
LEFT JOIN LATERAL (
  SELECT true AS due FROM lane
  WHERE account = k.account AND bulk AND due_at <= n.now ORDER BY due_at LIMIT 1
) AS b ON true
LEFT JOIN LATERAL (
  SELECT true AS due FROM scheduled
  WHERE account = k.account AND due_at <= n.now ORDER BY due_at LIMIT 1
) AS s ON true
WHERE l.due OR b.due OR s.due
"""
_DUE_SCHEDULED: Final = """
SELECT s.sequence, m.account, m.lane_key FROM unnest($1::text[]) AS k(account)
CROSS JOIN LATERAL (
  SELECT sequence FROM scheduled WHERE account = k.account AND due_at <= $2
  ORDER BY due_at, sequence LIMIT $3
) AS s
CROSS JOIN LATERAL (SELECT account, lane_key FROM message WHERE sequence = s.sequence LIMIT 1) AS m
"""
# Locked in the order of the index; what another claim holds is not waited for.
_DUE_LANES: Final = """
SELECT l.account, l.lane_key, l.bulk, l.due_at
FROM unnest($1::text[], $2::int[]) AS k(account, most)
CROSS JOIN LATERAL (
  SELECT account, lane_key, bulk, due_at FROM lane
  WHERE account = k.account AND bulk = $3 AND due_at <= $4
  ORDER BY due_at, lane_key LIMIT k.most FOR UPDATE SKIP LOCKED
) AS l
"""


class Chooser:
    """Choose the lanes of one claim within its transaction.

    Args:
        terms: The accounts a worker can send for.
        limit: How many lanes it wants.
        turn: Whose turn it is.
        clock: Tells the time instead of the database.
    """

    def __init__(
        self,
        terms: Mapping[str, AccountTerms],
        limit: int,
        turn: Turn,
        clock: Clock | None,
    ) -> None:
        self._terms = terms
        self._limit = limit
        self._turn = turn
        self._clock = clock

    async def __call__(self, connection: Connection, loader: Loader, needs: Needs) -> None:
        """Lock accounts, then lanes, and say what is needed of them."""
        given = micros(self._clock()) if self._clock else None
        found = await connection.fetch(_ACCOUNTS_WITH_WORK, list(self._terms), given)
        rows = loader.rows
        names = {row["name"] for row in found}
        for name in self._terms.keys() - names:
            # It is asked about, and nothing follows.
            rows.accounts.load(name, None)
        if not found:
            return
        now = moment(found[0]["now"])
        for row in found:
            known = row["account"] is not None
            rows.accounts.load(row["name"], read_account(row) if known else None)
        limited = {name for name in names if self._terms[name].limits.rate is not None}
        await loader.accounts(limited, set())
        open_ = {name: most for name in names if (most := self._most(rows, name, now)) > 0}
        # Scheduled messages join their lanes even where the rate allows none just now.
        scheduled = [row["name"] for row in found if row["scheduled"]]
        scheduled = [name for name in scheduled if not _halted(rows, name, now)]
        if scheduled:
            await self._schedule(connection, loader, needs, scheduled, now)
        chosen = await self._lanes(connection, open_, now)
        lanes = {lane: HEADS_SEEN for lanes in chosen.values() for lane in lanes}
        await loader.lanes(lanes)
        needs.sequences |= {row.heads[0].sequence for row in loader.read(lanes) if row.heads}
        for name in names:
            # One that a scheduled message will join may be due as well.
            both = (*rows.claimable.get(name, ()), *chosen.get(name, ()))
            rows.claimable[name] = list(dict.fromkeys(both))

    def _most(self, rows: WorkingSet, name: str, now: datetime) -> int:
        """Count the lanes an account may have claimed now."""
        if _halted(rows, name, now):
            return 0
        may = tokens(self._terms[name].limits, rows.account(name).full_at, now)
        return self._limit if may is None else min(self._limit, may)

    async def _schedule(
        self,
        connection: Connection,
        loader: Loader,
        needs: Needs,
        names: list[str],
        now: datetime,
    ) -> None:
        """Lock the lanes that messages whose time has come will join."""
        found = await connection.fetch(_DUE_SCHEDULED, names, micros(now), PROMOTED_PER_CLAIM)
        lanes = {Lane(row["account"], row["lane_key"]): HEADS_SEEN for row in found}
        needs.sequences |= {row["sequence"] for row in found}
        await loader.lock_lanes(lanes)
        await loader.lanes(lanes)
        claimable = loader.rows.claimable
        for lane, row in zip(lanes, loader.read(lanes), strict=True):
            claimable.setdefault(lane.account, []).append(lane)
            if row.heads:
                needs.sequences.add(row.heads[0].sequence)

    async def _lanes(
        self, connection: Connection, most: Mapping[str, int], now: datetime
    ) -> dict[str, list[Lane]]:
        """Lock due lanes, and keep as many as are wanted: each account's first, then the second."""
        ranked: list[tuple[int, int, Lane]] = []
        order = {name: index for index, name in enumerate(self._turn.order(list(self._terms)))}
        wanted = dict(most)
        counts: dict[str, int] = defaultdict(int)
        for bulk in (self._turn.bulk_first, not self._turn.bulk_first):
            asked = {name: count for name, count in wanted.items() if count > 0}
            if not asked:
                break
            share = max(1, -(-self._limit // len(asked)))
            found = await connection.fetch(
                _DUE_LANES,
                list(asked),
                [min(count, share) for count in asked.values()],
                bulk,
                micros(now),
            )
            for row in found:
                lane = Lane(row["account"], row["lane_key"])
                ranked.append((counts[lane.account], order[lane.account], lane))
                counts[lane.account] += 1
                wanted[lane.account] -= 1
        chosen: dict[str, list[Lane]] = defaultdict(list)
        for *_, lane in sorted(ranked)[: self._limit]:
            chosen[lane.account].append(lane)
        return chosen


def _halted(rows: WorkingSet, name: str, now: datetime) -> bool:
    state = rows.account(name)
    blocked = state.blocked_until is not None and state.blocked_until > now
    return state.paused_at is not None or blocked
