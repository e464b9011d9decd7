"""Background work of exchange."""
