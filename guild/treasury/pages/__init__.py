"""The member's money page and the treasurer's desk; every form works without JavaScript."""

from guild.treasury.pages import (
    approvals,
    bank,
    client,
    debits,
    desk,
    member,
    owed,
    payouts,
    payroll,
    rules,
)

PAGES = [
    *member.PAGES,
    *desk.PAGES,
    *bank.PAGES,
    *client.PAGES,
    *rules.PAGES,
    *approvals.PAGES,
    *payouts.PAGES,
    *owed.PAGES,
    *debits.PAGES,
    *payroll.PAGES,
]
