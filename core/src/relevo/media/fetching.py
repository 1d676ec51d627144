"""Fetch the files people send, soon, and again until the provider gives them no more."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol

import anyio
from anyio.abc import TaskGroup

from relevo.accounts import Account
from relevo.engines.port import EventLog, MediaBook
from relevo.engines.records import MediaOutcome, MediaRecord, MediaState
from relevo.errors import (
    EngineError,
    MediaMismatch,
    MediaTooLarge,
    Rejected,
    RelevoError,
    SendError,
    Throttled,
    Unavailable,
)
from relevo.events import ErrorDetail
from relevo.media.keeping import LARGEST_BYTES
from relevo.media.store import Check, MediaStore, StoredFile
from relevo.providers import FetchedMedia
from relevo.redaction import frames_of
from relevo.store_watch import StoreWatch

logger = logging.getLogger("relevo.media")

_POLL_S: Final = 1.0
_BREATH_S: Final = 0.1
_SPARE_S: Final = 60.0
"""A file that was taken waits no longer than so for its turn."""
_GIVE_BACK_S: Final = 2.0


class _Book(MediaBook, EventLog, Protocol):
    """What fetching needs of an engine."""


@dataclass(frozen=True, slots=True)
class FetchTerms:
    """How files are fetched: so large, so long, so many at once, and again after how long."""

    most_bytes: int = LARGEST_BYTES
    limit_s: float = 300
    at_once: int = 16
    of_account: int = 4
    base_s: float = 2
    cap_s: float = 3_600


class Fetcher:
    """Take files that are due, fetch them, store them. Several may run on one store."""

    def __init__(
        self,
        engine: _Book,
        accounts: Mapping[str, Account],
        store: MediaStore,
        terms: FetchTerms | None = None,
        *,
        store_watch: StoreWatch | None = None,
    ) -> None:
        self._engine = engine
        self._store = store
        self._terms = terms or FetchTerms()
        self._store_watch = store_watch or StoreWatch()
        self._accounts = {
            name: one for name, one in accounts.items() if one.provider.has_fetch_media
        }
        self._under_way: Counter[str] = Counter()
        self._slots = anyio.Semaphore(self._terms.at_once)

    async def run(self) -> NoReturn:
        """Fetch what is due and what becomes due, until cancelled."""
        async with anyio.create_task_group() as tasks:
            await self._repeat(tasks)
        raise AssertionError  # pragma: no cover - it repeats for ever

    async def _repeat(self, tasks: TaskGroup) -> NoReturn:
        position = 0
        while True:
            try:
                if not await self._begin(tasks):
                    # A message with a file is told in the commit that asks for the file.
                    position = await self._engine.wait_for_events(position, _POLL_S)
                    await anyio.sleep(_BREATH_S)
            except EngineError as error:
                self._store_watch.failed("the fetcher of people's files", error)
                await anyio.sleep(_POLL_S)

    async def fetch_due(self) -> int:
        """Fetch what is due now, to its end; give how many files that were."""
        due = 0
        async with anyio.create_task_group() as tasks:
            due += await self._begin(tasks)
        return due

    async def _begin(self, tasks: TaskGroup) -> int:
        most = self._terms.of_account
        room = {
            name: most - self._under_way[name]
            for name in self._accounts
            if self._under_way[name] < most
        }
        if not room:
            return 0
        lease_s = self._terms.limit_s + 2 * _SPARE_S
        due = await self._engine.claim_media(room, lease_s=lease_s)
        for media in due:
            self._under_way[media.account or ""] += 1
            tasks.start_soon(self._fetch, media, anyio.current_time() + _SPARE_S)
        return len(due)

    async def _fetch(self, media: MediaRecord, begin_by: float) -> None:
        # Cut off before anything else is known: it is due again at once.
        outcome = MediaOutcome(
            media.media_id, media.attempts, MediaState.PENDING, error=media.error
        )
        try:
            async with self._slots:
                if anyio.current_time() <= begin_by:
                    outcome = await self._outcome(media)
        finally:
            self._under_way[media.account or ""] -= 1
            with anyio.move_on_after(_GIVE_BACK_S, shield=True):
                await self._keep(outcome)

    async def _keep(self, outcome: MediaOutcome) -> None:
        try:
            await self._engine.finish_media(outcome)
        except EngineError as error:
            # It is given to somebody again when its time in our hands is over.
            self._store_watch.failed("the fetcher of people's files", error)

    async def _outcome(self, media: MediaRecord) -> MediaOutcome:
        account = media.account or ""
        try:
            with anyio.fail_after(self._terms.limit_s):
                stored, mime_type = await self._store_it(media)
        except TimeoutError:
            msg = f"Account {account!r}: the file took longer than {self._terms.limit_s:g} s."
            return self._failed(media, Unavailable(msg))
        except RelevoError as error:
            return self._failed(media, error)
        except Exception as error:  # noqa: BLE001 - a provider may raise anything
            name = type(error).__name__
            logger.error(  # noqa: TRY400 - its words may hold a secret
                "Account %r: fetching a file raised %s. %s", account, name, frames_of(error)
            )
            msg = f"Account {account!r}: the provider failed with {name} while fetching the file."
            return self._failed(media, Unavailable(msg))
        return MediaOutcome(
            media.media_id,
            media.attempts,
            MediaState.STORED,
            mime_type=mime_type,
            size=stored.size,
            sha256=stored.sha256,
            store_key=stored.store_key,
        )

    async def _store_it(self, media: MediaRecord) -> tuple[StoredFile, str | None]:
        provider = self._accounts[media.account or ""].provider
        async with provider.fetch_media(media.provider_media_id or "") as fetched:
            most = self._terms.most_bytes
            if fetched.size is not None and fetched.size > most:
                msg = f"The file has {fetched.size} bytes; at most {most} are kept."
                raise MediaTooLarge(msg)
            stored = await self._store.put(
                fetched.chunks, most_bytes=most, check=_check(media, fetched)
            )
            return stored, fetched.mime_type

    def _failed(self, media: MediaRecord, error: RelevoError) -> MediaOutcome:
        final = isinstance(error, Rejected | MediaTooLarge)
        return MediaOutcome(
            media.media_id,
            media.attempts,
            MediaState.FAILED if final else MediaState.PENDING,
            retry_in_s=self._again_in_s(media, error),
            error=_detail(error, retryable=not final),
        )

    def _again_in_s(self, media: MediaRecord, error: RelevoError) -> float:
        longest = min(self._terms.base_s * 2.0 ** (media.attempts - 1), self._terms.cap_s)
        spread = longest * random.uniform(0.5, 1)  # noqa: S311 - spreads, keeps no secret
        asked = error.retry_after_s if isinstance(error, Throttled) else None
        return max(spread, asked or 0)


def _check(media: MediaRecord, fetched: FetchedMedia) -> Check:
    """Compare what came with what was announced, with the message and just now."""

    def check(stored: StoredFile) -> None:
        for told in (fetched.sha256, media.sha256):
            if told is not None and told != stored.sha256:
                msg = "The file's bytes have another SHA-256 than the provider says; nothing kept."
                raise MediaMismatch(msg)
        if fetched.size is not None and fetched.size != stored.size:
            msg = f"The file has {stored.size} bytes and not {fetched.size}, as the provider says."
            raise MediaMismatch(msg)

    return check


def _detail(error: RelevoError, *, retryable: bool) -> ErrorDetail:
    if isinstance(error, SendError):
        return ErrorDetail.of(error)
    return ErrorDetail(code=error.code, message=error.message, retryable=retryable)
