"""A handler after a restore: it goes on from where the backup was, and is told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.core.handling.hands import Notes, handled, tell

from relevo.engines.sqlite import SqliteEngine
from relevo.engines.stores.sqlite import SqliteStore
from relevo.handlers import EventHandler

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_handler_is_told_of_a_restore_and_skips_nothing_after_it(tmp_path: Path) -> None:
    """Backup, more events, restore with a new epoch: what is told then is handled, all of it."""
    live, backup = tmp_path / "relevo.db", tmp_path / "backup.db"
    before, after = Notes(), Notes()
    async with SqliteEngine(live) as engine:
        async with handled(engine, EventHandler(name="crm", handle=before.take)):
            await tell(engine, "a", "b")
            await before.until_told("a", "b")
        with closing(sqlite3.connect(live)) as connection:
            connection.execute("VACUUM INTO ?", (str(backup),))
        async with handled(engine, EventHandler(name="crm", handle=before.take)):
            await tell(engine, "lost", "lost too")
            await before.until_told("a", "b", "lost", "lost too")
    _put_back(backup, live)
    await SqliteStore(live).renew_epoch()
    crm = EventHandler(name="crm", handle=after.take)
    async with SqliteEngine(live) as engine, handled(engine, crm):
        await tell(engine, "c")
        await after.until_told("messaging.gap", "c")
    gap, new = after.events
    assert (gap.data["continues_after"], new.position) == (2, 3)
    assert new.id not in {event.id for event in before.events}


def _put_back(backup: Path, live: Path) -> None:
    for path in live.parent.glob(f"{live.name}*"):
        path.unlink()
    backup.rename(live)
