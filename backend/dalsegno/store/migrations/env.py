"""What Alembic runs: the migrations, on the connection that `migrate` has opened."""

from alembic import context

from dalsegno.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes columns only by copying the table.
    render_as_batch=True,
)
context.run_migrations()
