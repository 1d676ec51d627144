"""Run the revisions an older store lacks. The only module that needs Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from relevo.engines.revisions import unknown_revision

_HERE = Path(__file__).parent


def settings() -> Config:
    """Tell Alembic where our revisions are."""
    config = Config()
    # Percent signs mean something else in there.
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    return config


def check_known(where: object, found: str) -> None:
    """Make sure that a revision is one of ours.

    Raises:
        EngineUnavailable: A newer Relevo wrote it.
    """
    scripts = ScriptDirectory.from_config(settings())
    if found not in {script.revision for script in scripts.walk_revisions()}:
        raise unknown_revision(where, found)


def upgrade(connection: Connection) -> None:
    """Bring the tables to our revision, within the transaction this connection is in."""
    config = settings()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
