"""What follows from facts, for receivables."""
