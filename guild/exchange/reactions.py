"""What follows from facts, for exchange."""
