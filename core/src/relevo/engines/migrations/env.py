"""How Alembic runs our revisions: on a connection it is given, in that one's transaction."""

from __future__ import annotations

from alembic import context

from relevo.engines.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can do it too, whatever Alembic assumes of its Python library.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
