"""Webhooks: facts told to other systems, signed, retried, and listed.

A subscription names the facts that it wants; each delivery is kept with its answers.
"""
