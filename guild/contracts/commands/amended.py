"""The part of an amendment that drafting needs: the clause that says what it changes."""

import msgspec

from guild.contracts.models import Contract
from guild.contracts.rules.amending import amendment_clause, own_clauses
from guild.contracts.rules.terms import Terms, terms_from, terms_hash
from guild.core.errors import Invalid
from guild.core.work import Work


async def written_as_amendment(work: Work, contract: Contract, terms: Terms) -> Terms:
    """The same terms with the amending clause in front; untouched when it amends nothing.

    Raises Invalid for another currency: what is delivered is priced in that of the contract.
    """
    if contract.amends_id is None:
        return terms
    parent = await work.session.get_one(Contract, contract.amends_id)
    before = terms_from(parent.terms)
    if before.currency != terms.currency:
        raise Invalid(
            f"The contract is in {before.currency}, and its amendment is too.", field="currency",
            mend="End this contract and make a new one to change the currency.",
        )  # fmt: skip
    contract.amends_sha256 = terms_hash(before)
    clause = amendment_clause(before, terms, number=parent.number, sha256=contract.amends_sha256)
    return msgspec.structs.replace(terms, clauses=(clause, *own_clauses(terms)))


async def amended_minor(work: Work, contract: Contract) -> int:
    """The price in force of the contract that this one amends; zero when it amends none."""
    if contract.amends_id is None:
        return 0
    return (await work.session.get_one(Contract, contract.amends_id)).net_minor
