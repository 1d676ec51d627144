"""What tests of core share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from alembic.config import Config

from relevo.engines import schema
from relevo.engines.migrations import upgrading

NEXT = Path(__file__).parent / "next_revision"


@pytest.fixture
def next_revision(monkeypatch: pytest.MonkeyPatch) -> str:
    """From here on this Relevo's newest revision is 0002; stores made before are older."""
    versions = Path(upgrading.__file__).parent / "versions"
    settings = upgrading.settings

    def both() -> Config:
        config = settings()
        config.set_main_option("version_locations", f"{versions}{os.pathsep}{NEXT}")
        config.set_main_option("path_separator", "os")
        return config

    monkeypatch.setattr(upgrading, "settings", both)
    monkeypatch.setattr(schema, "REVISION", "0002")
    return "0002"
