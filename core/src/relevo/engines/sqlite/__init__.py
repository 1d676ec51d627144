"""The engine in one SQLite file: durable, one process, no services."""

from relevo.engines.sqlite.engine import SqliteEngine

__all__ = ["SqliteEngine"]
