"""Facts of exchange."""
