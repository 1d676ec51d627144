"""What `relevo` alone says: what it is, and the three commands to start with."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import MappingProxyType

from rich.console import Console
from rich.text import Text

from relevo.plugins import PluginReport

FIRST_COMMANDS = MappingProxyType(
    {
        "demo": "Send a first message through a sandbox and watch it travel. Reaches nobody.",
        "serve": "Serve the HTTP API and the event stream with your accounts.",
        "plugins": "Show every plugin, its package and whether it works.",
    }
)


def greet(version: str, offered: Iterable[str], report: PluginReport) -> None:
    """Greet, and say what to try first."""
    console = Console(file=sys.stdout, highlight=False)
    there = {"plugins", *offered}
    console.print(Text.assemble((version, "bold"), "  Messages, handed over until they arrive."))
    console.print()
    for name, purpose in FIRST_COMMANDS.items():
        missing = "" if name in there else "  (pip install relevo-server)"
        line = Text.assemble(
            "  ", (f"relevo {name:<9}", "bold green"), purpose, (missing, "yellow")
        )
        console.print(line, soft_wrap=True)
    console.print()
    console.print("  relevo --help   everything else", soft_wrap=True)
    if report.failed:
        names = ", ".join(dict.fromkeys(row.name for row in report.failed))
        console.print(Text(f"\nFailed plugins: {names}. See: relevo plugins", "red"))
