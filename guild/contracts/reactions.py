"""What follows from contracts: the sealed file is made after signing."""

from guild.contracts import jobs
from guild.contracts.events import ContractSigned
from guild.core.events import reacts_to
from guild.core.work import Work


@reacts_to(ContractSigned)
async def seal_when_signed(work: Work, fact: ContractSigned) -> None:
    """Queue the sealed file in the transaction of the signature."""
    work.later(jobs.seal, contract_id=fact.contract_id)
