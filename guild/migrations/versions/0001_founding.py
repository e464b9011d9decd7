"""The founding schema."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the SQL as it was written on the day; it is never edited afterwards."""
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    for statement in script.split("\n--;;\n"):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """The founding is not undone: drop the database instead."""
    raise NotImplementedError("drop the database instead")
