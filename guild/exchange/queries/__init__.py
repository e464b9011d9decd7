"""Reads of exchange: deliveries, suppliers' invoices, the unread, and the invariants."""

from guild.exchange.queries.costs import cost, cost_file, costs, unread
from guild.exchange.queries.deliveries import delivery
from guild.exchange.queries.invariants import INVARIANTS
from guild.exchange.queries.projects import contract_numbered, own_projects

__all__ = [
    "INVARIANTS",
    "contract_numbered",
    "cost",
    "cost_file",
    "costs",
    "delivery",
    "own_projects",
    "unread",
]
