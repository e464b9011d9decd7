"""What follows from facts, for webhooks."""
