"""Look at everything, in the order in which one thing needs another."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import anyio
import httpx
from cyclopts import Parameter

from relevo.cli.doctor.account_lines import AccountLook, account_lines, look_at_accounts
from relevo.cli.doctor.engine_lines import look_at_engine
from relevo.cli.doctor.lines import Line, Verdict, write_json, write_plain, write_table
from relevo.cli.doctor.server_lines import (
    look_at_health,
    look_at_key,
    look_at_server,
    look_at_webhooks,
)
from relevo.cli.doctor.settings_lines import (
    look_at_pipeline,
    look_at_plugins,
    look_at_settings,
    look_at_tables,
)
from relevo.cli.failures import FAILED
from relevo.cli.server_address import DEFAULT_URL, Url, check_url, url_in
from relevo.config import Settings
from relevo.errors import ConfigurationError
from relevo.plugins import Plugins, load_plugins

_PATIENCE_S = 5.0


def make_doctor_command(plugins: Plugins) -> Callable[..., int]:
    """Make the command over the plugins that were loaded to build the command line."""

    def doctor(
        *,
        config: Path | None = None,
        url: Url = None,
        as_json: Annotated[bool, Parameter(name="--json")] = False,
    ) -> int:
        """Check settings, plugins, accounts, engine, server and webhooks; say what to do.

        Exits with 1 if something is bad. Nothing is sent and nothing is changed.

        Args:
            config: The settings file; left out, relevo.toml here if there is one.
            url: Where the server answers.
            as_json: Write one JSON object per line.
        """
        lines = anyio.run(partial(_examine, plugins, config, url))
        if as_json:
            write_json(lines)
        elif sys.stdout.isatty():
            write_table(lines)
        else:
            write_plain(lines)
        return FAILED if any(line.verdict is Verdict.BAD for line in lines) else 0

    return doctor


async def _examine(plugins: Plugins, config: Path | None, url: str | None) -> list[Line]:
    settings, lines = look_at_settings(config)
    where = check_url(url) if url else _address_in(settings)
    looks: list[AccountLook] = []
    if settings is not None:
        if config is not None:
            plugins = load_plugins(settings.plugins.model_copy(update={"strict": False}))
        lines += look_at_pipeline(plugins, settings)
        lines += look_at_tables(plugins, settings)
    lines += look_at_plugins(plugins, settings)
    if settings is not None:
        looks = await look_at_accounts(plugins, settings)
        lines += account_lines(looks, settings)
    headers, faults = look_at_key()
    async with httpx.AsyncClient(trust_env=False, timeout=_PATIENCE_S, headers=headers) as client:
        server = await look_at_server(client, where)
        if settings is not None:
            lines += await look_at_engine(settings.engine or "memory", server)
        lines += [*faults, *server.lines]
        lines += await look_at_health(client, server)
        return [*lines, *await look_at_webhooks(client, server, looks)]


def _address_in(settings: Settings | None) -> str:
    """Give the address the settings name; the default where [server] is bad, as its line says."""
    try:
        return check_url(url_in(settings.server if settings else {}))
    except ConfigurationError:
        return DEFAULT_URL
