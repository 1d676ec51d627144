"""What every route needs: the running Relevo, the settings, and what lasts."""

from __future__ import annotations

from typing import TypeAlias

from litestar.di import NamedDependency

import relevo
from relevo_server.lasting import LastingRequests
from relevo_server.settings import ServerSettings
from relevo_server.stand_in import StandIn

API_PATH = "/api/v1/messaging"


class ServerContext:
    """Hold what routes share; a handler asks for it as its parameter `server`.

    Between start and stop there is a runtime; else it says so.
    """

    def __init__(self, settings: ServerSettings, stand_in: StandIn | None = None) -> None:
        self.settings = settings
        self.stand_in = stand_in
        self.api_path = API_PATH
        self.lasting = LastingRequests()
        self._runtime: relevo.Runtime | None = None

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
    def engine(self) -> relevo.Engine:
        """The running Relevo's store."""
        return self.runtime.engine

    @property
    def dispatcher(self) -> relevo.Dispatcher:
        """Where messages go in."""
        return self.runtime.dispatcher

    def begin(self, runtime: relevo.Runtime) -> None:
        """Let requests in."""
        self._runtime = runtime

    def end(self) -> None:
        """Let no more in, and end those that last."""
        self.lasting.stop()
        self._runtime = None


Server: TypeAlias = NamedDependency[ServerContext]
"""How a handler asks for it: a parameter `server: Server`."""
