"""The server's own plugin: commands that serve, send and follow, and the check of `[server]`."""

from __future__ import annotations

from collections.abc import Sequence

import relevo
from relevo_server.commands.accounts import list_accounts, pause_account, resume_account
from relevo_server.commands.demo import demo
from relevo_server.commands.events import events
from relevo_server.commands.inbox import list_inbox, replay_inbox, show_webhook
from relevo_server.commands.message_actions import (
    cancel_message,
    replay_messages,
    resolve_message,
    retry_message,
)
from relevo_server.commands.messages import list_messages, show_message
from relevo_server.commands.send import send
from relevo_server.commands.serve import serve
from relevo_server.settings import TABLE, check_server_table


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
            "List messages, show one, cancel it, send it again, or end a doubt.",
            subcommands=(
                relevo.Command("list", list_messages),
                relevo.Command("show", show_message),
                relevo.Command("cancel", cancel_message),
                relevo.Command("retry", retry_message),
                relevo.Command("resolve", resolve_message),
                relevo.Command("replay", replay_messages),
            ),
        ),
        relevo.Command(
            "inbox",
            list_inbox,
            "List webhook items that were set aside, show a webhook, or try again.",
            subcommands=(
                relevo.Command("list", list_inbox),
                relevo.Command("show", show_webhook),
                relevo.Command("replay", replay_inbox),
            ),
        ),
        relevo.Command(
            "accounts",
            list_accounts,
            "List accounts and whether they send, pause one, or resume it.",
            subcommands=(
                relevo.Command("list", list_accounts),
                relevo.Command("pause", pause_account),
                relevo.Command("resume", resume_account),
            ),
        ),
    ]


@relevo.hookimpl
def relevo_settings() -> Sequence[relevo.SettingsTable]:
    """Offer the check of `[server]`."""
    return [relevo.SettingsTable(TABLE, check_server_table)]
