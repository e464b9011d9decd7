"""Tables of receivables."""
