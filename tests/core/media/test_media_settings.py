"""The `[media]` table: where files lie."""

from __future__ import annotations

from pathlib import Path

import pytest

import relevo
from relevo.config import parse_settings
from relevo.config.media import open_media_store
from relevo.media import FileMediaStore, MemoryMediaStore


def _folder(engine: str, **table: object) -> Path | None:
    store = open_media_store(parse_settings({"media": table}).media, engine)
    assert isinstance(store, FileMediaStore | MemoryMediaStore)
    return store.path if isinstance(store, FileMediaStore) else None


@pytest.mark.parametrize(
    ("engine", "folder"),
    [
        ("sqlite:///relevo.db", "relevo-media"),
        ("sqlite:////var/lib/shop.db", "/var/lib/shop-media"),
        ("postgresql://db/relevo", "relevo-media"),
        ("postgres://db/relevo", "relevo-media"),
        ("memory", None),
    ],
)
def test_files_lie_beside_the_store_unless_told(engine: str, folder: str | None) -> None:
    """Two SQLite files in one folder have two; nothing is written for the memory engine."""
    assert _folder(engine) == (None if folder is None else Path(folder))
    assert _folder(engine, path="/srv/files") == Path("/srv/files")


@pytest.mark.parametrize("table", [{"max_bytes": 0}, {"paths": "x"}, {"fetch_s": -1}])
def test_wrong_settings_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(relevo.ConfigurationError, match=r"media\."):
        parse_settings({"media": table})
