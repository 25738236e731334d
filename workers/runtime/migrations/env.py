"""What alembic runs for every command: migrate over the connection that it was handed."""

from alembic import context

from workers.runtime.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
context.run_migrations()
