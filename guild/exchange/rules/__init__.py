"""Pure decisions of exchange."""
