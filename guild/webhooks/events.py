"""Facts of webhooks."""
