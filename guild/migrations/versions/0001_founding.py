"""The founding schema."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the SQL as it was written on the day; it is never edited afterwards."""
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    # asyncpg runs a script of many statements only without parameters, past SQLAlchemy.
    driver = op.get_bind().connection.dbapi_connection
    assert driver is not None
    for statements in script.split("\n--;;\n"):
        driver.run_async(lambda asyncpg, sql=statements: asyncpg.execute(sql))


def downgrade() -> None:
    """The founding is not undone: drop the database instead."""
    raise NotImplementedError("drop the database instead")
