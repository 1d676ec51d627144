"""`relevo db`: look at the store, upgrade it, renew its event log, copy it."""

from relevo.cli.db.command import make_db_command

__all__ = ["make_db_command"]
