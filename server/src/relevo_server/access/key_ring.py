"""The keys of the API as this process knows them, never older than two seconds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import anyio
from pydantic import SecretStr

import relevo
from relevo.keys import BOOTSTRAP_ID, bootstrap_record, matches, parse_key_id, usable
from relevo.store_watch import StoreWatch
from relevo_server.settings import BOOTSTRAP_VARIABLE

SHORTEST_BOOTSTRAP: Final = 16
FRESH_S: Final = 1.5
"""What was read of the store is good for so long."""
LINGERS_S: Final = 600.0
"""While the store is away, keys still open the numbers for so long."""
FLUSH_EVERY_S: Final = 30.0
_LOOK_EVERY_S: Final = 1.0
_FAREWELL_S: Final = 5.0
_BRIEFLY_S: Final = 2.0


def read_bootstrap_key() -> SecretStr | None:
    """Read the first key of a container from `RELEVO_BOOTSTRAP_KEY`; None: there is none.

    Raises:
        ConfigurationError: It is too short to keep anybody out, or no header can carry it.
    """
    text = os.environ.get(BOOTSTRAP_VARIABLE, "")
    if not text:
        return None
    if len(text) < SHORTEST_BOOTSTRAP or not (text.isascii() and text.isprintable()):
        msg = (
            f"{BOOTSTRAP_VARIABLE} is no key that keeps others out: it has to be at least "
            f"{SHORTEST_BOOTSTRAP} visible ASCII characters. Make one: openssl rand -hex 32"
        )
        raise relevo.ConfigurationError(msg)
    if " " in text:
        msg = f"{BOOTSTRAP_VARIABLE} has a space in it, which no request can show."
        raise relevo.ConfigurationError(msg)
    return SecretStr(text)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read of the store, and when on the clock that only goes forward."""

    keys: Mapping[str, relevo.KeyRecord] = field(default_factory=dict)
    at: float = float("-inf")


class KeyRing:
    """Know a key again that somebody shows, and note when each was used.

    The store is asked for all keys at once, at most every 1.5 s: a key that was
    made or taken back elsewhere counts here within two seconds, and guessing
    keys costs the store nothing.

    Args:
        bootstrap: The key that stands in the environment.
        clock: Tells the time; a key may have an end.
        elapsed: Counts seconds, for what is fresh.
    """

    def __init__(
        self,
        bootstrap: SecretStr | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._elapsed = elapsed
        self._bootstrap = bootstrap_record(bootstrap, clock()) if bootstrap else None
        self._engine: relevo.Engine | None = None
        self._store_watch = StoreWatch()
        self._known = _Known()
        self._reading = anyio.Lock()
        self._failures = 0
        self._fault = ""
        self._missed_at = float("-inf")
        self._writes = 0
        self._used: dict[str, datetime] = {}
        self._watched: dict[str | None, anyio.Event] = {}

    @property
    def keyed(self) -> bool:
        """Whether keys are demanded, as last seen. Once they are, they stay so."""
        return self._bootstrap is not None or bool(self._known.keys)

    @property
    def bootstrap_is_spare(self) -> bool:
        """Whether the key in the environment could go: the store has an admin's key."""
        own = self._bootstrap
        return own is not None and any(
            relevo.Scope.ADMIN in key.scopes and key.accounts is None and usable(key, self._clock())
            for key in self._known.keys.values()
        )

    def begin(self, engine: relevo.Engine, store_watch: StoreWatch | None = None) -> None:
        """Read keys from this store."""
        self._engine, self._known = engine, _Known()
        self._store_watch = store_watch or StoreWatch()

    def end(self) -> None:
        """Read no more."""
        self._engine = None

    async def look(self) -> None:
        """See to it that what is known is fresh.

        Raises:
            EngineError: The store cannot tell.
        """
        if self._is_fresh():
            return
        failures = self._failures
        async with self._reading:
            if self._failures > failures:
                # It failed while we waited: a store that hangs must not be asked one by one.
                raise relevo.EngineUnavailable(self._fault)
            if not self._is_fresh():
                await self._read()

    async def look_briefly(self) -> None:
        """See to it that what is known is fresh, or not ten minutes old while the store is away.

        For the numbers, which have to be told just then. Waits 2 s at most.

        Raises:
            EngineError: The store cannot tell, and has not for ten minutes.
        """
        if self._elapsed() - self._missed_at >= FRESH_S:
            try:
                with anyio.fail_after(_BRIEFLY_S):
                    await self.look()
            except (relevo.EngineError, TimeoutError):
                self._missed_at = self._elapsed()
            else:
                return
        if self._elapsed() - self._known.at > LINGERS_S:
            msg = "The store cannot tell which keys there are. Ask again."
            raise relevo.EngineUnavailable(msg)

    async def find(self, text: str, *, lingers: bool = False) -> relevo.KeyRecord | None:
        """Give the key that a text is; None: it opens nothing.

        Args:
            text: What somebody shows.
            lingers: Go by what `look_briefly` makes of a store that is away.

        Raises:
            EngineError: The store cannot tell.
        """
        if self._bootstrap is not None and matches(text, self._bootstrap):
            return self._bootstrap
        key_id = parse_key_id(text)
        if key_id is None:
            return None
        await (self.look_briefly() if lingers else self.look())
        found = self._good(key_id)
        return found if found is not None and matches(text, found) else None

    async def find_by_id(self, key_id: str) -> relevo.KeyRecord | None:
        """Give the key of this id; None: there is none, or it opens nothing any more.

        Raises:
            EngineError: The store cannot tell.
        """
        await self.look()
        return self._good(key_id)

    def note_use(self, key_id: str) -> None:
        """Remember that a key was shown; it is written down later, many at once."""
        if key_id != BOOTSTRAP_ID:
            self._used[key_id] = self._clock()

    def used_at(self, key_id: str) -> datetime | None:
        """Tell when a key was shown here, if that is not written down yet."""
        return self._used.get(key_id)

    def forget(self) -> None:
        """Ask the store anew at the next request: a key was made or taken back here."""
        self._writes += 1
        self._known = _Known(self._known.keys)

    async def until_gone(self, key_id: str | None) -> None:
        """Return once a key opens nothing any more; None: once keys are demanded."""
        await self._watched.setdefault(key_id, anyio.Event()).wait()

    async def run(self) -> None:
        """Keep watch and write down what was used, until cancelled; then write a last time."""
        flush_at = self._elapsed() + FLUSH_EVERY_S
        try:
            while True:
                await anyio.sleep(_LOOK_EVERY_S)
                await self.tell_gone()
                if self._elapsed() >= flush_at:
                    await self.flush()
                    flush_at = self._elapsed() + FLUSH_EVERY_S
        finally:
            with anyio.move_on_after(_FAREWELL_S, shield=True):
                await self.flush()

    async def tell_gone(self) -> None:
        """Wake those who wait for the end of a key that has ended."""
        if not self._watched:
            return
        try:
            await self.look()
        except relevo.EngineError:
            return
        for key_id in list(self._watched):
            if self.keyed if key_id is None else self._good(key_id) is None:
                self._watched.pop(key_id).set()

    async def flush(self) -> None:
        """Write down when keys were used; what cannot be written is kept for the next time."""
        used, self._used = self._used, {}
        if not used or self._engine is None:
            return
        try:
            await self._engine.use_keys(used)
        except relevo.EngineError as error:
            self._used = used | self._used
            self._store_watch.failed("the key ring", error)

    def _good(self, key_id: str) -> relevo.KeyRecord | None:
        own = self._bootstrap
        found = own if key_id == BOOTSTRAP_ID else self._known.keys.get(key_id)
        return found if found is not None and usable(found, self._clock()) else None

    def _is_fresh(self) -> bool:
        return self._elapsed() - self._known.at < FRESH_S

    async def _read(self) -> None:
        if self._engine is None:
            msg = "Relevo is not running: the server is starting or stopping. Ask again."
            raise relevo.EngineUnavailable(msg)
        # From before the question: what is written while it is answered is not in it.
        at, writes = self._elapsed(), self._writes
        try:
            keys = await self._engine.keys()
        except relevo.EngineError as error:
            self._failures, self._fault = self._failures + 1, error.message
            raise
        if writes != self._writes:
            at = float("-inf")
        self._known = _Known({key.key_id: key for key in keys}, at)
