"""Background work of webhooks."""
