"""Programs for those who work on Guild."""
