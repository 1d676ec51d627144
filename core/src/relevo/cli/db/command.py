"""The commands below `relevo db`. They open the store themselves; no server takes part."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import anyio
from cyclopts import Parameter

from relevo.cli.db.progress import show_progress
from relevo.cli.db.writing import write_answer, write_copied
from relevo.cli.failures import FAILED, note
from relevo.config import load_settings, parse_settings
from relevo.engines.stores.finding import find_store
from relevo.hooks import Command

if TYPE_CHECKING:
    from relevo.engines.stores.port import Store, StoreState  # they need an extra

Engine = Annotated[str | None, Parameter(name="--engine")]
AsJson = Annotated[bool, Parameter(name="--json")]

_UPGRADE = "it needs an upgrade: relevo db upgrade (or the next start of Relevo, which does it too)"


def make_db_command() -> Command:
    """Make the command and those below it."""
    below = (
        Command("check", check_store),
        Command("upgrade", upgrade_store),
        Command("new-epoch", renew_epoch),
        Command("forget-cursor", forget_cursor),
        Command("copy", copy),
    )
    help_text = "Look at the store, upgrade it, renew its event log, copy it."
    return Command("db", check_store, help_text, subcommands=below)


def check_store(
    *, engine: Engine = None, config: Path | None = None, as_json: AsJson = False
) -> int:
    """Show the store's revision, epoch, head and what waits; exit with 1 if it needs an upgrade.

    Nothing is changed, and a running server is not disturbed.

    Args:
        engine: The store's address; left out, the one in the settings.
        config: The settings file; left out, relevo.toml here if there is one.
        as_json: Write one JSON object.
    """
    state = anyio.run(_find(engine, config).look)
    write_answer(_fields(state), as_json=as_json)
    if state.revision is None:
        note(f"There is no store yet at {state.store}; the first start makes one.")
    if state.revision not in {None, state.newest}:
        note(f"{state.store}: {_UPGRADE}.")
        return FAILED
    return 0


def upgrade_store(
    *, engine: Engine = None, config: Path | None = None, as_json: AsJson = False
) -> int:
    """Bring the store's tables to this Relevo's revision; make them if there are none.

    Back up first: there is no way back.

    Args:
        engine: The store's address; left out, the one in the settings.
        config: The settings file; left out, relevo.toml here if there is one.
        as_json: Write one JSON object.
    """
    store = _find(engine, config)

    async def upgrade() -> tuple[StoreState, StoreState]:
        before = await store.look()
        await store.upgrade()
        return before, await store.look()

    before, after = anyio.run(upgrade)
    answer = {"store": after.store, "before": before.revision, "revision": after.revision}
    write_answer(answer, as_json=as_json)
    return 0


def renew_epoch(
    *, engine: Engine = None, config: Path | None = None, as_json: AsJson = False
) -> int:
    """Begin a new life of the event log: a step of every restore from a backup.

    Readers that saw events the backup does not have start anew instead of missing
    what follows. Every Relevo on the store has to be stopped.

    Args:
        engine: The store's address; left out, the one in the settings.
        config: The settings file; left out, relevo.toml here if there is one.
        as_json: Write one JSON object.
    """
    store = _find(engine, config)
    before, epoch = anyio.run(store.renew_epoch)
    write_answer({"store": store.name, "before": before, "epoch": epoch}, as_json=as_json)
    return 0


def forget_cursor(
    name: str, /, *, engine: Engine = None, config: Path | None = None, as_json: AsJson = False
) -> int:
    """Forget how far an event handler or sink was; exit with 1 if it has no cursor.

    For one that is no longer used; `relevo db check` lists them. If it comes
    again it begins anew. Every Relevo on the store has to be stopped.

    Args:
        name: Of the handler or sink.
        engine: The store's address; left out, the one in the settings.
        config: The settings file; left out, relevo.toml here if there is one.
        as_json: Write one JSON object.
    """
    store = _find(engine, config)
    forgotten = anyio.run(store.forget_cursor, name)
    write_answer({"store": store.name, "forgotten": forgotten}, as_json=as_json)
    if not forgotten:
        note(f"There is no cursor {name!r} in {store.name}.")
        return FAILED
    return 0


def copy(source: str, target: str, /, *, as_json: AsJson = False) -> int:
    """Copy a whole store into an empty one: from SQLite to PostgreSQL, or back.

    Every Relevo on both has to be stopped. The target gets everything or nothing;
    the source stays as it is. Positions and the epoch stay the same, so readers of
    the event log go on where they were.

    Args:
        source: The address of the store to copy, such as sqlite:///relevo.db.
        target: The address of the empty one, such as postgresql://relevo@host/relevo.
        as_json: Write one JSON object: the rows of each table.
    """
    here, there = _at(source), _at(target)
    from relevo.engines.stores.copying import copy_store  # noqa: PLC0415 - an extra, found above

    with show_progress(quiet=as_json) as tell:
        copied = anyio.run(partial(copy_store, here, there, tell))
    write_copied(copied, as_json=as_json)
    return 0


def _find(engine: str | None, config: Path | None) -> Store:
    return _at(engine) if engine else find_store(load_settings(config).engine or "memory")


def _at(address: str) -> Store:
    # An address may be a reference here as well: env:NAME or file:PATH.
    return find_store(parse_settings({"engine": address}).engine or "memory")


def _fields(state: StoreState) -> dict[str, object]:
    return {
        "engine": state.engine,
        "store": state.store,
        "revision": state.revision,
        "newest revision": state.newest,
        "in use": state.in_use,
        "epoch": state.epoch,
        "head": state.head,
        "floor": state.floor,
        **dict(sorted(state.waiting.items())),
        **{f"{name} behind": count for name, count in state.behind.items()},
    }
