"""Many at once with real commits, across features."""
