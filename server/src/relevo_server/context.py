"""What every route needs: the running Relevo, the settings, and what lasts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self, TypeAlias

from litestar.di import NamedDependency

import relevo
from relevo_server.access.key_rates import KeyRates
from relevo_server.access.key_ring import KeyRing
from relevo_server.access.tickets import Tickets
from relevo_server.answers.standing import Standing
from relevo_server.following import OpenStreams, Renewals, SharedTail
from relevo_server.fresh import Fresh
from relevo_server.lasting import LastingRequests
from relevo_server.metrics import ServerMeter
from relevo_server.settings import ServerSettings
from relevo_server.stand_in import StandIn

API_PATH = "/api/v1/messaging"


class ServerContext:
    """Hold what routes share; a handler asks for it as its parameter `server`.

    Between start and stop there is a runtime; else it says so.
    """

    def __init__(
        self,
        settings: ServerSettings,
        stand_in: StandIn | None = None,
        *,
        keys: KeyRing | None = None,
        uses_keys: bool = True,
    ) -> None:
        self.settings = settings
        self.stand_in = stand_in
        self.api_path = API_PATH
        self.keys = keys or KeyRing()
        self.uses_keys = uses_keys
        self.rates = KeyRates(settings.key_rate)
        self.tickets = Tickets()
        self.standing: Fresh[frozenset[str] | None, Standing] = Fresh()
        """How the store stands, by whose accounts are looked at; None: all."""
        self.lasting = LastingRequests()
        self.streams = OpenStreams()
        self.renewals = Renewals()
        self.meter = ServerMeter()
        self._runtime: relevo.Runtime | None = None
        self._tail: SharedTail | None = None

    @property
    def runtime(self) -> relevo.Runtime:
        """The running Relevo.

        Raises:
            EngineUnavailable: The server has not started yet, or is stopping.
        """
        if self._runtime is None:
            msg = "Relevo is not running: the server is starting or stopping. Ask again."
            raise relevo.EngineUnavailable(msg)
        return self._runtime

    @property
    def account_names(self) -> Collection[str]:
        """The names of the accounts; none while nothing runs."""
        return self._runtime.accounts.keys() if self._runtime is not None else ()

    @property
    def engine(self) -> relevo.Engine:
        """The running Relevo's store."""
        return self.runtime.engine

    @property
    def dispatcher(self) -> relevo.Dispatcher:
        """Where messages go in."""
        return self.runtime.dispatcher

    @property
    def tail(self) -> SharedTail:
        """What all who follow the log read from."""
        if self._tail is None:
            self._tail = SharedTail(
                self.engine, meter=self.meter, store_watch=self.runtime.store_watch
            )
        return self._tail

    @property
    def open_to_all(self) -> bool:
        """Whether no key is demanded, as last seen."""
        return not (self.uses_keys and self.keys.keyed)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Stay the same: Litestar copies a router with all it holds, and there is one server."""
        return self

    def begin(self, runtime: relevo.Runtime) -> None:
        """Let requests in."""
        self.meter.begin(runtime.accounts)
        self._runtime = runtime
        self.keys.begin(runtime.engine, runtime.store_watch)
        self.tickets, self.standing = Tickets(), Fresh()

    def end(self) -> None:
        """Let no more in, and end those that last."""
        self.lasting.stop()
        self._runtime = None
        self._tail = None


Server: TypeAlias = NamedDependency[ServerContext]
"""How a handler asks for it: a parameter `server: Server`."""
