"""The server's own plugin: the commands that serve, send and follow."""

from __future__ import annotations

from collections.abc import Sequence

import relevo
from relevo_server.commands.demo import demo
from relevo_server.commands.events import events
from relevo_server.commands.messages import list_messages, show_message
from relevo_server.commands.send import send
from relevo_server.commands.serve import serve


@relevo.hookimpl
def relevo_commands() -> Sequence[relevo.Command]:
    """Offer the commands."""
    return [
        relevo.Command("demo", demo),
        relevo.Command("serve", serve),
        relevo.Command("send", send),
        relevo.Command("events", events),
        relevo.Command(
            "messages",
            list_messages,
            "List messages, or show one.",
            subcommands=(
                relevo.Command("list", list_messages),
                relevo.Command("show", show_message),
            ),
        ),
    ]
