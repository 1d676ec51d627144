"""The worker: it claims lanes, runs the pipeline and completes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

import anyio
from anyio.abc import TaskGroup

from relevo.accounts import Account
from relevo.engines.port import Clock, Outbox
from relevo.engines.records import Claim, Completion, UploadRecord
from relevo.errors import EngineError, SendError, Unavailable
from relevo.events import utc_now
from relevo.media import Prepared, Uploader, files_in
from relevo.meter import EngineCall, Meter, NoMeter, timed
from relevo.middleware import Dispatch, Pipeline
from relevo.store_watch import StoreWatch
from relevo.terms import AccountTerms
from relevo.worker.lease import Lease
from relevo.worker.limits import WorkerLimits
from relevo.worker.log_lines import log_claim, log_completion
from relevo.worker.objections import objection
from relevo.worker.outcomes import completion_of

logger = logging.getLogger("relevo.worker")

_GATHER_S = 0.005
_FEW = 4
"""With work waiting, a claim for less than one in so many of the slots is put off a moment."""


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
        meter: Meter | None = None,
        store_watch: StoreWatch | None = None,
    ) -> None:
        self.name = f"worker-{uuid4().hex[:8]}"
        self._engine = engine
        self._accounts = accounts
        self._pipeline = pipeline
        self._limits = limits or WorkerLimits()
        self._clock = clock
        self._terms = terms or dict.fromkeys(accounts, AccountTerms())
        self._uploader = uploader
        self._meter = meter or NoMeter()
        self._store_watch = store_watch or StoreWatch()
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
            self._store_watch.failed("the worker", error)
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
        with timed(self._meter, EngineCall.CLAIM):
            claims = await self._engine.claim(
                self.name, limit=limit, lease_s=self._limits.lease_s, terms=self._terms
            )
        self._more_waits = len(claims) == limit
        for claim in claims:
            self._slots.acquire_nowait()
            log_claim(self.name, claim)
            attempts.start_soon(self._attempt, claim, began)
        return len(claims)

    async def _attempt(self, claim: Claim, leased_at: float) -> None:
        dispatch: Dispatch | None = None
        obstacle: SendError | None = None
        tried = False
        reused: tuple[UploadRecord, ...] = ()
        began_at = anyio.current_time()
        try:
            obstacle = await objection(
                self._engine,
                self._accounts[claim.account].provider,
                self._terms[claim.account],
                claim,
                self._clock,
            )
            files = files_in(claim.message.content) if self._uploader else []
            if files and obstacle is None:
                obstacle = self._worn_out(claim)
            if files and obstacle is None:
                claim, leased_at, obstacle, reused = await self._with_files(claim, leased_at)
                tried = obstacle is not None
            obstacle = obstacle or self._obstacle(claim, leased_at)
            if obstacle is None:
                dispatch = self._dispatch(claim, reuses_files=bool(reused))
                await self._pipeline.run(dispatch)
        finally:
            with anyio.CancelScope(shield=True):
                if dispatch is not None and dispatch.files_gone and self._uploader is not None:
                    # Before the message is due again: that attempt uploads anew.
                    await self._uploader.forget(reused)
                took_s = anyio.current_time() - began_at
                completion = completion_of(
                    claim,
                    dispatch,
                    obstacle,
                    provider=self._accounts[claim.account].provider,
                    terms=self._terms[claim.account],
                    retry=self._limits.retry,
                    tried=tried,
                )
                if await self._complete(completion):
                    self._measure(completion, took_s)
            self._slots.release()

    async def _with_files(
        self, claim: Claim, leased_at: float
    ) -> tuple[Claim, float, SendError | None, tuple[UploadRecord, ...]]:
        """Name files of ours by the provider's ids: before the attempt's own time begins.

        An upload may take longer than a lease, which is lengthened meanwhile. Gives the claim
        with the message as it can be handed over, when its lease began, what stands against it,
        and the files that the provider had already.
        """
        lease = Lease(
            self._engine, claim, self._limits.lease_s, leased_at, store_watch=self._store_watch
        )
        prepared, obstacle = Prepared(claim.message), None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lease.keep_up, tasks.cancel_scope)
            try:
                provider = self._accounts[claim.account].provider
                if self._uploader is not None:
                    prepared = await self._uploader.prepare(
                        claim.message, provider, before_upload=lease.prepare
                    )
            except SendError as error:
                obstacle = error
            tasks.cancel_scope.cancel()
        try:
            if obstacle is None and not lease.lost:
                await lease.hand_over()
        except Unavailable as error:
            obstacle = error
        if lease.lost:
            msg = f"Account {claim.account!r}: the lease was lost during an upload."
            obstacle = Unavailable(msg)
        prepared_claim = replace(claim, message=prepared.message)
        return prepared_claim, lease.began_at, obstacle, prepared.reused

    def _worn_out(self, claim: Claim) -> SendError | None:
        """Stop a message during whose uploads worker after worker fell silent, for good."""
        tries = claim.attempt - claim.replayed_attempts - 1
        own = claim.message.max_attempts
        most = self._limits.retry.max_attempts
        if claim.counted_attempts < most and (own is None or tries < own):
            return None
        return Unavailable(
            f"Account {claim.account!r}: the worker was lost during the upload of its file, "
            f"{tries} times; nothing was sent."
        )

    def _obstacle(self, claim: Claim, leased_at: float) -> SendError | None:
        """Say why this attempt must not begin; nothing has been written then."""
        left_s = leased_at + self._limits.lease_s - anyio.current_time()
        if left_s < self._limits.attempt_s:
            return Unavailable(
                f"Account {claim.account!r}: only {left_s:.1f} s were left of the lease."
            )
        return None

    def _dispatch(self, claim: Claim, *, reuses_files: bool) -> Dispatch:
        return Dispatch(
            message=claim.message.for_attempt(claim.attempt),
            account=claim.account,
            provider=self._accounts[claim.account].provider,
            attempt=claim.attempt,
            started_at=self._clock(),
            time_limit_s=self._limits.attempt_s,
            reuses_files=reuses_files,
        )

    def _measure(self, completion: Completion, took_s: float) -> None:
        """Tell the meter and the log of an attempt that is over and kept."""
        account, code = completion.claim.account, completion.error.code if completion.error else ""
        self._meter.attempted(
            account,
            self._accounts[account].provider.name,
            outcome=completion.status.value,
            code=code,
            seconds=took_s,
        )
        if completion.pauses:
            self._meter.paused(account, code)
        log_completion(completion, took_s)

    async def _complete(self, completion: Completion) -> bool:
        """Commit, and keep trying while the store is away: an outcome must not be forgotten.

        Its lease may end meanwhile: then the outcome settles the doubt that
        came of it. Only a worker that has to stop gives up, after a lease's time.
        Gives whether it is kept.
        """
        patient_until: float | None = None
        while True:
            try:
                with timed(self._meter, EngineCall.COMPLETE):
                    await self._engine.complete([completion])
            except EngineError as error:
                self._store_watch.failed("the worker", error)
                if self._draining:
                    patient_until = patient_until or anyio.current_time() + self._limits.lease_s
                    if anyio.current_time() > patient_until:
                        return False
                await anyio.sleep(self._limits.poll_s)
            else:
                return True
