"""The whole API against a plain model of the books."""
