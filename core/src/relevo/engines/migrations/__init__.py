"""From each revision of the tables to the next.

`relevo.engines.schema` says what the tables are; a revision says how an older
store becomes that. With each change of the tables comes a file in `versions/`
and its id in `schema.REVISION`. There is no way back but a backup.

On SQLite `op.batch_alter_table` makes a table anew, and has to be told again that it is
strict: `table_kwargs={"sqlite_strict": True, "sqlite_with_rowid": False}`.
"""
