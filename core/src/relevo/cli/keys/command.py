"""The commands below `relevo keys`. They open the store themselves where no server has it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from relevo.cli.failures import FAILED, note
from relevo.cli.keys.places import find_place
from relevo.cli.keys.wanted import read_wanted
from relevo.cli.keys.writing import write_key, write_keys
from relevo.cli.server_address import VARIABLE
from relevo.engines.records import Scope
from relevo.hooks import Command
from relevo.keys import BOOTSTRAP_ID

# Not as other commands have it: without it the store is asked where no server has it.
Url = Annotated[str | None, Parameter(name="--url", env_var=VARIABLE)]
Engine = Annotated[str | None, Parameter(name="--engine")]
AsJson = Annotated[bool, Parameter(name="--json")]
Scopes = Annotated[list[Scope], Parameter(name="--scope", negative=())]
Accounts = Annotated[tuple[str, ...], Parameter(name="--account", negative=())]


def make_keys_command() -> Command:
    """Make the command and those below it."""
    below = (
        Command("create", create_key),
        Command("list", list_keys),
        Command("revoke", revoke_key),
    )
    help_text = "Make keys to the HTTP API, list them, take them back."
    return Command("keys", list_keys, help_text, subcommands=below)


def create_key(
    name: str,
    /,
    *,
    scopes: Scopes,
    accounts: Accounts = (),
    rate: int | None = None,
    expires_in: str | None = None,
    url: Url = None,
    engine: Engine = None,
    config: Path | None = None,
    as_json: AsJson = False,
) -> int:
    """Make a key and tell it once: alone on stdout, with the rest on stderr.

    Args:
        name: Who or what uses it.
        scopes: What it may do; repeat it. None brings another along.
        accounts: Only this account is there for it; repeat it. Left out: all are.
        rate: Requests a minute; left out, as the server is configured.
        expires_in: After this time it opens nothing, such as 12h or 30d.
        url: Where a server answers that is to be asked, also if the store is free.
        engine: The store's address; left out, the one in the settings.
        config: The settings file; left out, relevo.toml here if there is one.
        as_json: Write one JSON object, the key in it.
    """
    wanted = read_wanted(name, scopes, accounts, rate, expires_in)
    place = find_place(url, engine, config)
    made = place.create(wanted)
    write_key(made, where=place.where, as_json=as_json)
    return 0


def list_keys(
    *,
    url: Url = None,
    engine: Engine = None,
    config: Path | None = None,
    as_json: AsJson = False,
) -> int:
    """List all keys, newest first, also those that were revoked or are over.

    Args:
        url: Where a server answers that is to be asked, also if the store is free.
        engine: The store's address; left out, the one in the settings.
        config: The settings file; left out, relevo.toml here if there is one.
        as_json: Write one JSON object per line.
    """
    write_keys(find_place(url, engine, config).rows(), as_json=as_json)
    return 0


def revoke_key(
    key_id: str, /, *, url: Url = None, engine: Engine = None, config: Path | None = None
) -> int:
    """Take a key back, now and for ever; exit with 1 if none has this id.

    Servers know it within two seconds.

    Args:
        key_id: As the list shows it; the key itself will do, too.
        url: Where a server answers that is to be asked, also if the store is free.
        engine: The store's address; left out, the one in the settings.
        config: The settings file; left out, relevo.toml here if there is one.
    """
    key_id = key_id.removeprefix("rlv_").partition("_")[0]
    if key_id == BOOTSTRAP_ID:
        note(
            "This key stands in RELEVO_BOOTSTRAP_KEY and in no store: take it out of the "
            "servers' environment and start them again."
        )
        return FAILED
    if not find_place(url, engine, config).revoke(key_id):
        note(f"No key has the id {key_id!r}. See: relevo keys list")
        return FAILED
    if sys.stderr.isatty():
        note(f"Key {key_id} opens nothing any more.")
    return 0
