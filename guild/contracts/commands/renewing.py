"""Renewing retainers and licences: an alert before they end, and the next one drafted."""

from datetime import date, timedelta
from typing import Any, Final

import msgspec

from guild.contracts.commands.drafting import draft_contract
from guild.contracts.commands.letters import mail_answer
from guild.contracts.commands.loading import locked, own_contract, people
from guild.contracts.models import Contract
from guild.contracts.queries.expiry import ends_on
from guild.contracts.rules.deals import Retainer
from guild.contracts.rules.terms import terms_from
from guild.contracts.schemas import ContractIn
from guild.core.errors import IllegalMove
from guild.core.ids import ContractId
from guild.core.work import Work

WARN_DAYS: Final = 30
RENEWABLE: Final = ("retainer", "licence")
BOUND: Final = ("signed", "completed")


async def renew_contract(work: Work, contract_id: ContractId) -> Contract:
    """Draft the next term of a retainer or licence on the same conditions, from the day after.

    The draft is checked, changed, sent and signed like any other. Raises IllegalMove.
    """
    contract = await own_contract(work, contract_id)
    last = ends_on(contract)
    if contract.kind not in RENEWABLE or contract.state not in BOUND or last is None:
        raise IllegalMove(
            "Only a signed retainer, or a licence with a term, is renewed.", state=contract.state
        )
    data = msgspec.convert({**contract.draft, **_shifted(contract, last)}, ContractIn)
    renewed = await draft_contract(work, data)
    renewed.renews_id = contract.id
    await work.session.flush()
    return renewed


def _shifted(contract: Contract, last: date) -> dict[str, Any]:
    first = last + timedelta(days=1)
    deal = dict(contract.draft["deal"])
    if isinstance(terms_from(contract.terms).deal, Retainer):
        deal["first_on"] = first.isoformat()
    else:
        deal["starts_on"] = first.isoformat()
    return {"deal": deal, "starts_on": None, "work_began_on": None}


async def warn_of_expiry(work: Work, contract_id: ContractId) -> None:
    """Mail the member once that a retainer or licence ends soon (may run twice)."""
    contract = await locked(work, Contract.id == contract_id)
    last = ends_on(contract) if contract else None
    if contract is None or last is None or contract.expiry_warned_at is not None:
        return
    if contract.state not in BOUND or last > work.today + timedelta(days=WARN_DAYS):
        return
    contract.expiry_warned_at = work.now
    await work.session.flush()
    member, _, _ = await people(work, contract)
    mail_answer(
        work, contract, member, f"ends on {last.isoformat()}",
        "Speak to your client, and draft the next term from the contract's page.",
    )  # fmt: skip
