"""The server's own plugin: the commands `serve` and `demo`."""

from __future__ import annotations

from collections.abc import Sequence

import relevo
from relevo_server.commands.demo import demo
from relevo_server.commands.serve import serve


@relevo.hookimpl
def relevo_commands() -> Sequence[relevo.Command]:
    """Offer `serve` and `demo`."""
    return [relevo.Command("demo", demo), relevo.Command("serve", serve)]
