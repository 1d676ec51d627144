"""Console provider for Relevo: prints what would be sent."""

from __future__ import annotations

from collections.abc import Sequence

import relevo
from relevo_console.provider import ConsoleConfig, ConsoleProvider

__all__ = ["ConsoleConfig", "ConsoleProvider", "relevo_providers"]


@relevo.hookimpl
def relevo_providers() -> Sequence[type[relevo.AnyProvider]]:
    """Offer the console provider."""
    return [ConsoleProvider]
