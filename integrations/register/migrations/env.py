"""Alembic's entry: runs inside the transaction that :mod:`integrations.register.schema` opened."""

from alembic import context

from integrations.register.tables.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
