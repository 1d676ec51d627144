"""Claim lanes, run the pipeline, complete. Drains on request."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import uuid4

import anyio
from anyio.abc import TaskGroup

from relevo.accounts import Account
from relevo.checks import check, checks_of, may_refuse
from relevo.engines.port import Clock, Outbox
from relevo.engines.records import Claim, Completion
from relevo.errors import EngineError, OptedOut, Rejected, SendError, Unavailable
from relevo.events import DeliveryStatus, ErrorDetail, Receipt, utc_now
from relevo.layers.events import draft_outcome
from relevo.media import Uploader, files_in
from relevo.middleware import Dispatch, Pipeline
from relevo.providers import lanes_of
from relevo.redaction import frames_of
from relevo.retry import RetryPolicy, Tries, judge
from relevo.terms import AccountTerms

logger = logging.getLogger("relevo.worker")

_GATHER_S = 0.005
_RENEWALS = 4
"""How often a lease is lengthened in its time."""
_FEW = 4
"""With work waiting, a claim for less than one in so many of the slots is put off a moment."""


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
        terms: Mapping[str, AccountTerms] | None = None,
        clock: Clock = utc_now,
        uploader: Uploader | None = None,
    ) -> None:
        self.name = f"worker-{uuid4().hex[:8]}"
        self._engine = engine
        self._accounts = accounts
        self._pipeline = pipeline
        self._limits = limits or WorkerLimits()
        self._clock = clock
        self._terms = terms or dict.fromkeys(accounts, AccountTerms())
        self._uploader = uploader
        self._slots = anyio.Semaphore(self._limits.slots)
        self._draining = False
        self._rest = anyio.CancelScope()
        self._more_waits = False

    def drain(self) -> None:
        """Stop claiming; attempts under way finish, then `run` returns."""
        self._draining = True
        self._rest.cancel()

    async def run(self) -> None:
        """Work until drained or cancelled.

        Cancelling cuts attempts off and records how far each got.
        """
        async with anyio.create_task_group() as attempts:
            try:
                while not self._draining:
                    await self._work(attempts)
            finally:
                self._draining = True

    async def _work(self, attempts: TaskGroup) -> None:
        """Claim once; rest where nothing is due."""
        try:
            if await self._claim(attempts) or self._draining:
                return
            with anyio.CancelScope() as self._rest:
                await self._engine.wait_for_work(self._limits.poll_s, self._terms)
        except EngineError as error:
            logger.error("%s cannot claim: %s", self.name, error)  # noqa: TRY400 - its words say it
            await self._rest_a_while()

    async def _rest_a_while(self) -> None:
        with anyio.CancelScope() as self._rest:
            await anyio.sleep(self._limits.poll_s)

    async def _claim(self, attempts: TaskGroup) -> int:
        await self._slots.acquire()
        self._slots.release()
        if self._more_waits and self._slots.value * _FEW < self._limits.slots:
            # A claim costs the same for one as for many.
            await anyio.sleep(_GATHER_S)
        if self._draining:
            return 0
        began = anyio.current_time()
        limit = self._slots.value
        claims = await self._engine.claim(
            self.name, limit=limit, lease_s=self._limits.lease_s, terms=self._terms
        )
        self._more_waits = len(claims) == limit
        for claim in claims:
            self._slots.acquire_nowait()
            attempts.start_soon(self._attempt, claim, began)
        return len(claims)

    async def _attempt(self, claim: Claim, leased_at: float) -> None:
        dispatch: Dispatch | None = None
        obstacle: SendError | None = None
        tried = False
        try:
            obstacle = await self._objection(claim)
            files = files_in(claim.message.content) if self._uploader else []
            if files and obstacle is None:
                claim, leased_at, obstacle = await self._with_files(claim, leased_at)
                tried = obstacle is not None
            obstacle = obstacle or self._obstacle(claim, leased_at)
            if obstacle is None:
                dispatch = self._dispatch(claim)
                await self._pipeline.run(dispatch)
        finally:
            with anyio.CancelScope(shield=True):
                await self._complete(self._completion(claim, dispatch, obstacle, tried=tried))
            self._slots.release()

    async def _with_files(
        self, claim: Claim, leased_at: float
    ) -> tuple[Claim, float, SendError | None]:
        """Name files of ours by the provider's ids: before the attempt's own time begins.

        An upload may take longer than a lease, which is lengthened meanwhile. Gives the claim
        with the message as it can be handed over, and when its lease began.
        """
        lease = _Lease(self._engine, claim, self._limits.lease_s, leased_at)
        message, obstacle = claim.message, None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lease.keep_up, tasks.cancel_scope)
            try:
                provider = self._accounts[claim.account].provider
                if self._uploader is not None:
                    message = await self._uploader.prepare(claim.message, provider)
            except SendError as error:
                obstacle = error
            tasks.cancel_scope.cancel()
        if lease.lost:
            msg = f"Account {claim.account!r}: the lease was lost during an upload."
            obstacle = Unavailable(msg)
        return replace(claim, message=message), lease.began_at, obstacle

    async def _objection(self, claim: Claim) -> SendError | None:
        """Say why the person must not get it, by what is known now: much may have changed."""
        provider = self._accounts[claim.account].provider
        try:
            checks = checks_of(provider, self._terms[claim.account], claim.message)
        except Exception as error:  # noqa: BLE001 - a provider may raise anything; nothing was sent
            seen = f"Account {claim.account!r}: provider {provider.name!r} failed"
            logger.error("%s before the attempt. %s", seen, frames_of(error))  # noqa: TRY400 - only the place: the words may hold an address
            return Rejected(f"{seen} with {type(error).__name__} before anything was sent.")
        if checks is None or not may_refuse(checks):
            return None
        try:
            person = await self._engine.person(claim.account, claim.lane_key)
            check(checks, person, claim.message, self._clock())
        except EngineError as error:
            return Unavailable(f"Account {claim.account!r}: {error.message}")
        except Rejected as error:
            return error
        return None

    def _obstacle(self, claim: Claim, leased_at: float) -> SendError | None:
        """Say why this attempt must not begin; nothing has been written then."""
        left_s = leased_at + self._limits.lease_s - anyio.current_time()
        if left_s < self._limits.attempt_s:
            return Unavailable(
                f"Account {claim.account!r}: only {left_s:.1f} s were left of the lease."
            )
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
        self,
        claim: Claim,
        dispatch: Dispatch | None,
        obstacle: SendError | None,
        *,
        tried: bool,
    ) -> Completion:
        """Say what became of a claim; `tried`: the obstacle came of a vendor that was asked."""
        if dispatch is not None and dispatch.receipt is not None:
            return Completion(
                claim=claim,
                status=DeliveryStatus.ACCEPTED,
                terms=self._terms[claim.account],
                phase=dispatch.phase,
                receipt=dispatch.receipt,
                detail=dispatch.detail,
                events=tuple(dispatch.events),
                aliases=self._aliases(claim, dispatch.receipt),
            )
        error = (dispatch.error if dispatch else obstacle) or Unavailable(
            f"Account {claim.account!r}: the attempt was cut off before the handover."
        )
        entered = tried or (dispatch is not None and dispatch.entered)
        uses_attempt = entered and error.uses_attempt
        tries = Tries(
            attempt=claim.attempt - claim.replayed_attempts,
            counted=claim.counted_attempts + uses_attempt,
            max_attempts=claim.message.max_attempts,
            throttles=claim.throttles,
        )
        verdict = judge(error, tries, policy=self._limits.retry)
        return Completion(
            claim=claim,
            status=verdict.status,
            terms=self._terms[claim.account],
            phase=dispatch.phase if dispatch else None,
            error=ErrorDetail.of(error),
            retry_in_s=verdict.retry_in_s,
            uses_attempt=uses_attempt,
            block_s=verdict.block_s,
            pauses=verdict.pauses,
            lane_throttled=verdict.lane_throttled,
            detail=dispatch.detail if dispatch else {},
            events=tuple(dispatch.events)
            if dispatch
            else (draft_outcome(claim.attempt, error=error),),
            unwanted=self._unwanted(claim, error) if entered else None,
        )

    def _aliases(self, claim: Claim, receipt: Receipt) -> tuple[str, ...]:
        """Name the other addresses under which the answer knows the person."""
        named = (receipt.recipient,) if receipt.recipient is not None else ()
        provider = self._accounts[claim.account].provider
        try:
            keys = lanes_of(provider, (*named, *receipt.recipient_aliases))
        except Exception as error:  # noqa: BLE001 - a provider may raise anything; it was sent
            logger.error("Account %r: aliases are not known. %s", claim.account, frames_of(error))  # noqa: TRY400 - only the place: the words may hold an address
            return ()
        return tuple(key for key in keys if key != claim.lane_key)

    def _unwanted(self, claim: Claim, error: SendError) -> str | None:
        """Name the category that the provider just said the person does not want."""
        if not isinstance(error, OptedOut):
            return None
        try:
            return self._accounts[claim.account].provider.preference_of(claim.message)
        except Exception as fault:  # noqa: BLE001 - a provider may raise anything; the outcome stands
            logger.error(  # noqa: TRY400 - only the place: the words may hold an address
                "Account %r: the category is not known. %s", claim.account, frames_of(fault)
            )
            return None

    async def _complete(self, completion: Completion) -> None:
        """Commit, and keep trying while the store is away: an outcome must not be forgotten.

        Its lease may end meanwhile: then the outcome settles the doubt that
        came of it. Only a worker that has to stop gives up, after a lease's time.
        """
        patient_until: float | None = None
        while True:
            try:
                await self._engine.complete([completion])
            except EngineError as error:
                logger.error("%s cannot complete: %s", self.name, error)  # noqa: TRY400 - its words say it
                if self._draining:
                    patient_until = patient_until or anyio.current_time() + self._limits.lease_s
                    if anyio.current_time() > patient_until:
                        return
                await anyio.sleep(self._limits.poll_s)
            else:
                return


class _Lease:
    """Lengthen a lease as long as something goes on before the attempt."""

    def __init__(self, engine: Outbox, claim: Claim, lease_s: float, began_at: float) -> None:
        self._engine = engine
        self._claim = claim
        self._lease_s = lease_s
        self.began_at = began_at
        self.lost = False

    async def keep_up(self, work: anyio.CancelScope) -> None:
        """Lengthen it again and again; end the work where it is lost."""
        while True:
            await anyio.sleep(self._lease_s / _RENEWALS)
            now = anyio.current_time()
            try:
                held = await self._engine.renew(self._claim, lease_s=self._lease_s)
            except EngineError as error:
                logger.error("A lease cannot be lengthened: %s", error)  # noqa: TRY400 - its words say it
                held = now < self.began_at + self._lease_s
            else:
                self.began_at = now
            if not held:
                self.lost = True
                work.cancel()
