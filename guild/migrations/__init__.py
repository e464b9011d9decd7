"""The schema and its history: Alembic revisions in a line, and what guards the schema itself."""
