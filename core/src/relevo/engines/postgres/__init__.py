"""The engine on PostgreSQL: any number of machines on one database."""

from relevo.engines.postgres.engine import PostgresEngine

__all__ = ["PostgresEngine"]
