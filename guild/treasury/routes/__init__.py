"""The treasury over HTTP, one subject per file."""

from guild.treasury.routes import bank, collections, payouts, runs

ROUTES = [*bank.ROUTES, *payouts.ROUTES, *runs.ROUTES, *collections.ROUTES]
