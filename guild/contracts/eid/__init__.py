"""Providers of identities: what signing asks of one, and the ones it knows (docs/signing.md)."""
