"""The PostgreSQL engine's outbox, doubts and accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import cast
from uuid import UUID

from anyio import CancelScope

from relevo.engines.json_text import plain_text
from relevo.engines.port import CancelOutcome
from relevo.engines.postgres import archive, waiting
from relevo.engines.postgres.choosing import Chooser
from relevo.engines.postgres.columns import key_text, read_account
from relevo.engines.postgres.connections import CommitUnknown, Connection
from relevo.engines.postgres.core import PostgresCore
from relevo.engines.postgres.faults import STORE_ERRORS, is_lost
from relevo.engines.postgres.needs import Needs
from relevo.engines.postgres.rows import WorkingSet
from relevo.engines.records import (
    Accepted,
    AccountState,
    Checks,
    Claim,
    Completion,
    Doubt,
    HealthRecord,
    IdempotencyKey,
    MessageRecord,
    ReplayQuery,
    Resolution,
    Settlement,
)
from relevo.engines.signal import seconds_until
from relevo.engines.steps import (
    accepting,
    claiming,
    completing,
    doubts,
    health,
    pausing,
    withdrawing,
)
from relevo.engines.steps.rows import Lane
from relevo.errors import EngineError, Phase
from relevo.events import ErrorDetail
from relevo.messages import Message
from relevo.terms import AccountTerms

_LONG_S = 3600.0


class PostgresSending(PostgresCore):
    """Accept, claim, complete, and settle what is in doubt."""

    async def accept(
        self,
        message: Message,
        *,
        provider: str,
        lane_key: str,
        idempotency: IdempotencyKey | None = None,
        checks: Checks | None = None,
    ) -> Accepted:
        """Keep a message at its lane's tail, or until its time."""
        account, lane_key = message.account or "", plain_text(lane_key)
        needs = Needs(
            messages={message.message_id}, lanes={Lane(account, lane_key): 0}, new_messages=1
        )
        if idempotency is not None:
            needs.keys.add((account, key_text(idempotency.key)))
        if checks is not None and checks.category is not None:
            checks = replace(checks, category=key_text(checks.category))
            needs.preferences.add(Lane(account, lane_key))

        def step(rows: WorkingSet, now: datetime) -> Accepted:
            return accepting.accept(
                rows,
                message,
                provider=provider,
                lane_key=lane_key,
                idempotency=idempotency,
                checks=checks,
                now=now,
            )

        lane = f"{account}\0{lane_key}"
        return await self._write(step, needs, lane=lane, repeatable=True, may_refuse=True)

    async def cancel(self, message_id: UUID) -> CancelOutcome:
        """Withdraw a message that waits."""
        return await self._write(
            lambda rows, now: withdrawing.cancel(rows, message_id, now),
            Needs(messages={message_id}),
            repeatable=True,
            may_refuse=True,
        )

    async def expire(self, *, limit: int = 500) -> int:
        """Retire waiting messages whose time is over."""

        async def look(connection: Connection) -> list[UUID]:
            return await waiting.find_overdue(connection, await self._now(connection), limit)

        found = cast("list[UUID]", await self._read(look))
        if not found:
            return 0
        return await self._write(
            lambda rows, now: withdrawing.expire(rows, found, now), Needs(messages=set(found))
        )

    async def claim(
        self, worker: str, *, limit: int, lease_s: float, terms: Mapping[str, AccountTerms]
    ) -> list[Claim]:
        """Take the heads of due lanes. A caller who is cancelled meanwhile leaves none taken."""
        self._opened()
        claiming_ = asyncio.create_task(self._claim(worker, limit, lease_s, terms))
        try:
            return await asyncio.shield(claiming_)
        except asyncio.CancelledError:
            with CancelScope(shield=True), suppress(EngineError):
                await self._give_back(await claiming_)
            raise

    async def _claim(
        self, worker: str, limit: int, lease_s: float, terms: Mapping[str, AccountTerms]
    ) -> list[Claim]:
        if limit <= 0 or not terms:
            return []
        turn = self._turns.next()
        claims: list[Claim] = []

        def step(rows: WorkingSet, now: datetime) -> list[Claim]:
            claims[:] = claiming.claim(
                rows, worker, limit=limit, lease_s=lease_s, terms=terms, turn=turn, now=now
            )
            return claims

        choose = Chooser(terms, limit, turn, self._clock)
        for fresh in (True, False):
            try:
                (outcome,) = await self._transactions.run([step], Needs(), choose)
            except CommitUnknown as error:
                # Nobody will work on them: without this they would come to be in doubt.
                if claims:
                    task = asyncio.create_task(self._give_back(list(claims)))
                    self._pending.add(task)
                    task.add_done_callback(self._pending.discard)
                raise self._connections.named.in_doubt() from error
            except STORE_ERRORS as error:
                if fresh and is_lost(error):
                    continue
                raise self._connections.named.unavailable(error) from error
            if outcome.error is not None:
                raise outcome.error
            break
        return claims

    async def _give_back(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            # What was not claimed after all needs no giving back.
            with suppress(EngineError):
                await self.complete([completing.not_begun(claim)])

    async def complete(self, completions: Sequence[Completion]) -> None:
        """Keep what became of attempts, also for somebody who is being cancelled."""
        needs = Needs()
        completions = [self._with_news(completion) for completion in completions]
        for completion in completions:
            _need_completion(needs, completion)
        await self._write(
            lambda rows, now: completing.complete(rows, completions, now), needs, repeatable=True
        )

    async def renew(self, claim: Claim, *, lease_s: float, phase: Phase | None = None) -> bool:
        """Lengthen a claim's lease, and write down how far its attempt has got."""
        lane = Lane(claim.account, claim.lane_key)
        needs = Needs(lanes={lane: 0})
        if phase is not None:
            needs.leased[claim.message.message_id] = lane
        return await self._write(
            lambda rows, now: completing.renew(rows, claim, lease_s, now, phase=phase), needs
        )

    def _with_news(self, completion: Completion) -> Completion:
        """Leave out who is known to be the same person already."""
        if not completion.aliases:
            return completion
        claim = completion.claim
        aliases = map(plain_text, completion.aliases)
        news = self._transactions.known.news(claim.account, plain_text(claim.lane_key), aliases)
        return replace(completion, aliases=news)

    async def wait_for_work(self, timeout_s: float, terms: Mapping[str, AccountTerms]) -> None:
        """Return when a lane of these accounts may be due, or after the time."""

        async def due_in_s() -> float | None:
            async def look(connection: Connection) -> float | None:
                now = await self._now(connection)
                at = await waiting.first_ready(connection, terms, now)
                return None if at is None else seconds_until(at, now, _LONG_S)

            return cast("float | None", await self._read(look))

        await self._wait(self._work, timeout_s, due_in_s)

    async def replay(self, query: ReplayQuery) -> list[UUID]:
        """Put dead letters back at their lanes' tails."""
        by_hand = bool(query.message_ids)
        find = archive.find_named if by_hand else archive.find_dead
        found: list[UUID] = await self._read(lambda connection: find(connection, query))
        if not found:
            return []
        return await self._write(
            lambda rows, now: withdrawing.replay(
                rows, found, now, strict=by_hand, visible=query.visible
            ),
            Needs(messages=set(found)),
            may_refuse=True,
        )

    async def doubts(self, accounts: Collection[str], limit: int) -> list[Doubt]:
        """Give doubts that are due for a look."""

        async def look(connection: Connection) -> list[Doubt]:
            now = await self._now(connection)
            return await waiting.find_doubts(connection, accounts, limit, now)

        return cast("list[Doubt]", await self._read(look))

    async def settle(self, settlement: Settlement, terms: AccountTerms) -> bool:
        """Keep what a look led to."""
        keys = tuple(map(plain_text, settlement.aliases))
        settlement = replace(settlement, aliases=keys)
        return await self._write(
            lambda rows, now: doubts.settle(rows, settlement, terms, now),
            Needs(messages={settlement.message_id}),
        )

    async def resolve(self, message_id: UUID, resolution: Resolution) -> MessageRecord:
        """End a doubt as a person decides."""
        return await self._write(
            lambda rows, now: doubts.resolve(rows, message_id, resolution, now),
            Needs(messages={message_id}),
            may_refuse=True,
        )

    async def wait_for_doubts(self, timeout_s: float) -> None:
        """Return when a doubt may be due, or after the time."""

        async def due_in_s() -> float | None:
            async def look(connection: Connection) -> float | None:
                at = await waiting.first_look(connection)
                now = await self._now(connection)
                return None if at is None else seconds_until(at, now, _LONG_S)

            return cast("float | None", await self._read(look))

        await self._wait(self._doubted, timeout_s, due_in_s)

    async def account_states(self) -> dict[str, AccountState]:
        """Give the state of every account that has one."""

        async def look(connection: Connection) -> dict[str, AccountState]:
            rows = await connection.fetch("SELECT * FROM account")
            return {row["account"]: read_account(row) for row in rows}

        return cast("dict[str, AccountState]", await self._read(look))

    async def pause(self, account: str, error: ErrorDetail) -> None:
        """Stop claiming an account's messages."""
        await self._write(
            lambda rows, now: pausing.pause(rows, account, error, now),
            Needs(locked_accounts={account}),
            repeatable=True,
        )

    async def resume(self, account: str, *, why: str) -> bool:
        """Claim them again, now."""
        return await self._write(
            lambda rows, now: pausing.resume(rows, account, why, now),
            Needs(locked_accounts={account}),
        )

    async def configured(self, fingerprints: Mapping[str, str]) -> None:
        """Say how accounts are configured now."""
        await self._write(
            partial(_configured, fingerprints),
            Needs(locked_accounts=set(fingerprints)),
            repeatable=True,
        )

    async def begin_health(self, account: str, *, gap_s: float) -> bool:
        """Take the turn to ask how an account is."""
        return await self._write(
            lambda rows, now: health.begin(rows, account, gap_s, now),
            Needs(locked_accounts={account}),
        )

    async def note_health(self, account: str, seen: HealthRecord) -> bool:
        """Keep how it is."""
        return await self._write(
            lambda rows, now: health.note(rows, account, seen, now),
            Needs(locked_accounts={account}),
        )


def _configured(fingerprints: Mapping[str, str], rows: WorkingSet, now: datetime) -> None:
    pausing.configured(rows, fingerprints, now)


def _need_completion(needs: Needs, completion: Completion) -> None:
    claim, receipt = completion.claim, completion.receipt
    needs.leased[claim.message.message_id] = Lane(claim.account, claim.lane_key)
    for key in completion.aliases:
        needs.lanes.setdefault(Lane(claim.account, key), 0)
    if completion.pauses or completion.block_s > 0:
        needs.locked_accounts.add(claim.account)
    if receipt is None:
        return
    if receipt.provider_message_id is not None:
        needs.refs.add((claim.account, key_text(receipt.provider_message_id)))
    for update in receipt.updates:
        needs.refs.add((claim.account, key_text(update.provider_message_id)))
        needs.echoes.add(claim.account)
