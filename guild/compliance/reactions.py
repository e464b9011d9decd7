"""What follows for labels from what happens to contracts."""

from guild.compliance.commands import pause_label
from guild.contracts.events import ContractOffered
from guild.contracts.models import Contract
from guild.core.events import reacts_to
from guild.core.work import Work


@reacts_to(ContractOffered)
async def on_another_version(work: Work, fact: ContractOffered) -> None:
    """A label judged one version; when another one is offered, it pauses."""
    contract = await work.session.get_one(Contract, fact.contract_id)
    await pause_label(work, contract.id, contract.version)
