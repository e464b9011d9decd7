"""Background work of receivables."""
