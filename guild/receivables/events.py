"""Facts of receivables."""
