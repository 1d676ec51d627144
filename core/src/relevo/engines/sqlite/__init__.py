"""The engine in one SQLite file: durable, one process, no services."""

from relevo.engines.sqlite.engine import SqliteEngine
from relevo.engines.sqlite.looking import StoreLook, look_at_store

__all__ = ["SqliteEngine", "StoreLook", "look_at_store"]
