"""Which contracts a supplier's invoice may be for."""

import re
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select

from guild.contracts.errors import ContractNotFound
from guild.contracts.models import Contract
from guild.core.errors import Invalid
from guild.core.ids import ContractId
from guild.core.work import Work
from guild.exchange import access
from guild.exchange.models import IN_BOOKS, SupplierInvoice
from guild.exchange.schemas import SuggestionOut
from guild.members.models import Member

BUYING_STATES: Final = ("signed", "completed")
"""Contracts whose project can have costs."""
SHOWN_MAX: Final = 5
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{2,39}")


async def own_contract(work: Work, contract_id: ContractId) -> Contract:
    """A signed contract that the actor may spend for; raises ContractNotFound."""
    contract: Contract | None = await work.session.scalar(
        select(Contract).where(
            Contract.id == contract_id, Contract.state.in_(BUYING_STATES), _reach(work)
        )
    )
    if contract is None:
        raise ContractNotFound
    return contract


async def contract_numbered(work: Work, number: str) -> ContractId:
    """The contract of that number, if the actor may spend for it; raises Invalid."""
    found: ContractId | None = await work.session.scalar(
        select(Contract.id).where(
            Contract.number == number.upper(), Contract.state.in_(BUYING_STATES), _reach(work)
        )
    )
    if found is None:
        raise Invalid("No signed contract has this number.", field="number")
    return found


def _reach(work: Work) -> ColumnElement[bool]:
    """A treasurer reaches every project, a member her own."""
    if access.is_treasurer(work.actor):
        return Contract.state != "draft"
    return Contract.member_id == work.actor.member_id


async def own_projects(work: Work) -> list[tuple[ContractId, str]]:
    """The actor's own projects that can have costs, newest first, for a form."""
    rows = await work.session.execute(
        select(Contract.id, Contract.number, Contract.title)
        .where(Contract.state.in_(BUYING_STATES), Contract.member_id == work.actor.member_id)
        .order_by(Contract.id.desc())
        .limit(100)
    )
    return [(contract_id, f"{title} ({number})") for contract_id, number, title in rows]


async def suggestions(work: Work, row: SupplierInvoice) -> list[SuggestionOut]:
    """Contracts that the references name, then those that this supplier served before.

    Only what the actor may spend for is suggested, and nothing is matched without a person.
    """
    reasons: dict[ContractId, list[str]] = {}
    content = row.content
    named = {
        word.upper(): label
        for label, key in (
            ("its order reference names the contract", "order_reference"),
            ("its contract reference names the contract", "contract_reference"),
            ("its project reference names the contract", "project_reference"),
            ("its buyer reference names the contract", "buyer_reference"),
            ("its note names the contract", "note"),
        )
        for word in reversed(_WORD.findall(str(content.get(key, ""))[:400]))
    }
    history = (
        select(SupplierInvoice.contract_id)
        .where(
            SupplierInvoice.supplier_id == row.supplier_id,
            SupplierInvoice.state.in_(("accepted", *IN_BOOKS)),
            SupplierInvoice.contract_id.is_not(None),
        )
        .order_by(SupplierInvoice.id.desc())
        .limit(SHOWN_MAX)
    )
    found = await work.session.execute(
        select(Contract, Member.display_name)
        .join(Member, Member.id == Contract.member_id)
        .where(
            and_(
                Contract.state.in_(BUYING_STATES),
                _reach(work),
                or_(Contract.number.in_(named), Contract.id.in_(history)),
            )
        )
        .order_by(Contract.id.desc())
        .limit(4 * SHOWN_MAX)
    )
    rows = list(found)
    for contract, _ in rows:
        label = named.get(contract.number.upper())
        reasons[contract.id] = [label] if label else ["this supplier worked for it before"]
    made = [
        SuggestionOut(
            contract_id=contract.id,
            number=contract.number,
            title=contract.title,
            member_id=contract.member_id,
            member_name=name,
            reasons=reasons[contract.id],
        )
        for contract, name in rows
    ]
    made.sort(key=lambda one: one.reasons[0].startswith("this supplier"))
    return made[:SHOWN_MAX]
