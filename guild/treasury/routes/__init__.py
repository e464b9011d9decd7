"""The treasury over HTTP, one subject per file."""

from guild.treasury.routes import (
    bank,
    client,
    collections,
    income,
    incoming,
    ordering,
    payouts,
    providers,
    runs,
)

ROUTES = [
    *bank.ROUTES,
    *incoming.ROUTES,
    *payouts.ROUTES,
    *ordering.ROUTES,
    *runs.ROUTES,
    *collections.ROUTES,
    *providers.ROUTES,
    *client.ROUTES,
    *income.ROUTES,
]
