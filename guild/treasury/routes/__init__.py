"""The treasury over HTTP, one subject per file."""

from guild.treasury.routes import (
    bank,
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
    *income.ROUTES,
]
