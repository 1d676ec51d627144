"""Claim lanes, run the pipeline, complete. Drains on request."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

import anyio
from anyio.abc import TaskGroup

from relevo.accounts import Account
from relevo.engines.port import Clock, Outbox
from relevo.engines.records import Claim, Completion
from relevo.errors import EngineError, SendError, Unavailable
from relevo.events import DeliveryStatus, ErrorDetail, utc_now
from relevo.layers.events import draft_outcome
from relevo.middleware import Dispatch, Pipeline
from relevo.retry import RetryPolicy, judge

logger = logging.getLogger("relevo.worker")


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """How much a worker does at once, and how long one attempt and its lease last."""

    slots: int = 32
    attempt_s: float = 15
    lease_s: float = 20
    poll_s: float = 1
    retry: RetryPolicy = field(default_factory=RetryPolicy)


class Worker:
    """Take due messages and hand them over, as many at once as there are slots."""

    def __init__(
        self,
        engine: Outbox,
        accounts: Mapping[str, Account],
        pipeline: Pipeline,
        limits: WorkerLimits | None = None,
        *,
        clock: Clock = utc_now,
    ) -> None:
        self.name = f"worker-{uuid4().hex[:8]}"
        self._engine = engine
        self._accounts = accounts
        self._pipeline = pipeline
        self._limits = limits or WorkerLimits()
        self._clock = clock
        self._slots = anyio.Semaphore(self._limits.slots)
        self._draining = False
        self._waiting = anyio.CancelScope()
        self._rest = anyio.CancelScope()

    def drain(self) -> None:
        """Stop claiming; attempts under way finish, then `run` returns."""
        self._draining = True
        self._waiting.cancel()
        self._rest.cancel()

    async def run(self) -> None:
        """Work until drained or cancelled.

        Cancelling cuts attempts off and records how far each got.
        """
        async with anyio.create_task_group() as attempts:
            while not self._draining:
                try:
                    claimed = await self._claim(attempts)
                except EngineError as error:
                    logger.error("%s cannot claim: %s", self.name, error)  # noqa: TRY400 - its words say it
                    await anyio.sleep(self._limits.poll_s)
                    continue
                if not claimed and not self._draining:
                    with anyio.CancelScope() as self._rest:
                        await self._engine.wait_for_work(self._limits.poll_s)

    async def _wait_for_work(self) -> None:
        with anyio.CancelScope() as self._waiting:
            await self._engine.wait_for_work(self._limits.poll_s)

    async def _claim(self, attempts: TaskGroup) -> int:
        await self._slots.acquire()
        self._slots.release()
        began = anyio.current_time()
        claims = await self._engine.claim(
            self.name, limit=self._slots.value, lease_s=self._limits.lease_s
        )
        for claim in claims:
            self._slots.acquire_nowait()
            attempts.start_soon(self._attempt, claim, began)
        return len(claims)

    async def _attempt(self, claim: Claim, leased_at: float) -> None:
        dispatch: Dispatch | None = None
        obstacle: SendError | None = None
        try:
            obstacle = self._obstacle(claim, leased_at)
            if obstacle is None:
                dispatch = self._dispatch(claim)
                await self._pipeline.run(dispatch)
        finally:
            with anyio.CancelScope(shield=True):
                await self._complete(self._completion(claim, dispatch, obstacle))
            self._slots.release()

    def _obstacle(self, claim: Claim, leased_at: float) -> SendError | None:
        """Say why this attempt must not begin; nothing has been written then."""
        where = f"Account {claim.account!r}"
        left_s = leased_at + self._limits.lease_s - anyio.current_time()
        if left_s < self._limits.attempt_s:
            return Unavailable(f"{where}: only {left_s:.1f} s were left of the lease.")
        if claim.account not in self._accounts:
            return Unavailable(f"{where} is not configured here; its messages wait for it.")
        return None

    def _dispatch(self, claim: Claim) -> Dispatch:
        return Dispatch(
            message=claim.message.for_attempt(claim.attempt),
            account=claim.account,
            provider=self._accounts[claim.account].provider,
            attempt=claim.attempt,
            started_at=self._clock(),
            time_limit_s=self._limits.attempt_s,
        )

    def _completion(
        self, claim: Claim, dispatch: Dispatch | None, obstacle: SendError | None
    ) -> Completion:
        if dispatch is not None and dispatch.receipt is not None:
            return Completion(
                claim=claim,
                status=DeliveryStatus.ACCEPTED,
                phase=dispatch.phase,
                receipt=dispatch.receipt,
                detail=dispatch.detail,
                events=tuple(dispatch.events),
            )
        error = (dispatch.error if dispatch else obstacle) or Unavailable(
            f"Account {claim.account!r}: the attempt was cut off before the handover."
        )
        entered = dispatch is not None and dispatch.entered
        uses_attempt = entered and error.uses_attempt
        verdict = judge(
            error,
            attempt=claim.attempt,
            counted=claim.counted_attempts + uses_attempt,
            max_attempts=claim.message.max_attempts,
            policy=self._limits.retry,
            now=self._clock(),
        )
        return Completion(
            claim=claim,
            status=verdict.status,
            phase=dispatch.phase if dispatch else None,
            error=ErrorDetail.of(error),
            retry_at=verdict.retry_at,
            uses_attempt=uses_attempt,
            detail=dispatch.detail if dispatch else {},
            events=tuple(dispatch.events)
            if dispatch
            else (draft_outcome(claim.attempt, error=error),),
        )

    async def _complete(self, completion: Completion) -> None:
        """Commit, and keep trying while the store is away: an outcome must not be forgotten."""
        give_up_at = anyio.current_time() + self._limits.lease_s
        while True:
            try:
                await self._engine.complete([completion])
            except EngineError as error:
                logger.error("%s cannot complete: %s", self.name, error)  # noqa: TRY400 - its words say it
                if anyio.current_time() > give_up_at:
                    # The lease is over: the engine now counts the attempt as unknown.
                    return
                await anyio.sleep(self._limits.poll_s)
            else:
                return
