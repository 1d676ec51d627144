"""How the server is."""

from __future__ import annotations

from relevo.client.answers.health import Liveness, Readiness
from relevo.client.call import Call


def live() -> Call[Liveness]:
    """Hear that the process answers."""
    return Call("GET /health/live", Liveness, repeatable=True)


def ready() -> Call[Readiness]:
    """Tell whether the server can do its work, and what works less than it should.

    Raises:
        EngineUnavailable: Its store is away.
    """
    return Call("GET /health/ready", Readiness, repeatable=True)
