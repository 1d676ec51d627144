"""The server's own plugin: commands that serve, send and follow, and the check of `[server]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import relevo
from relevo_server.commands.accounts import (
    list_accounts,
    pause_account,
    resume_account,
    show_account,
)
from relevo_server.commands.demo import demo
from relevo_server.commands.events import events
from relevo_server.commands.inbox import (
    discard_inbox,
    list_inbox,
    replay_inbox,
    show_webhook,
)
from relevo_server.commands.message_actions import (
    cancel_message,
    replay_messages,
    resolve_message,
    retry_message,
)
from relevo_server.commands.messages import list_messages, show_message
from relevo_server.commands.send import send
from relevo_server.commands.serve import serve
from relevo_server.commands.templates import (
    create_template,
    delete_template,
    list_templates,
)
from relevo_server.settings import TABLE, check_server_table


@relevo.hookimpl
def relevo_commands() -> Sequence[relevo.Command]:
    """Offer the commands."""
    return [
        relevo.Command("demo", demo),
        relevo.Command("serve", serve),
        relevo.Command("send", send),
        relevo.Command("events", events),
        _listed(
            "messages",
            "List messages, show one, cancel it, send it again, or end a doubt.",
            list_messages,
            show=show_message,
            cancel=cancel_message,
            retry=retry_message,
            resolve=resolve_message,
            replay=replay_messages,
        ),
        _listed(
            "inbox",
            "List webhook items that were set aside, show a webhook, try again, or give up.",
            list_inbox,
            show=show_webhook,
            replay=replay_inbox,
            discard=discard_inbox,
        ),
        _listed(
            "accounts",
            "List accounts and whether they send, show how one is, pause one, or resume it.",
            list_accounts,
            show=show_account,
            pause=pause_account,
            resume=resume_account,
        ),
        _listed(
            "templates",
            "List an account's templates, create one, or delete one.",
            list_templates,
            create=create_template,
            delete=delete_template,
        ),
    ]


@relevo.hookimpl
def relevo_settings() -> Sequence[relevo.SettingsTable]:
    """Offer the check of `[server]`."""
    return [relevo.SettingsTable(TABLE, check_server_table)]


def _listed(
    name: str, summary: str, listing: Callable[..., object], **verbs: Callable[..., object]
) -> relevo.Command:
    """Make a command that lists when it is told nothing else."""
    runs = {"list": listing, **verbs}
    subcommands = tuple(relevo.Command(verb, run) for verb, run in runs.items())
    return relevo.Command(name, listing, summary, subcommands=subcommands)
