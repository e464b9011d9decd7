"""What follows for labels from what happens to contracts."""

from typing import Final

from guild.compliance.commands import pause_label
from guild.contracts.events import ContractAmended, ContractOffered
from guild.contracts.models import Contract
from guild.core.events import reacts_to
from guild.core.work import Work

AMENDED: Final = 0
"""No version of a contract: versions count from one, so that a label of any is another's."""


@reacts_to(ContractOffered)
async def on_another_version(work: Work, fact: ContractOffered) -> None:
    """A label judged one version; when another one is offered, it pauses."""
    contract = await work.session.get_one(Contract, fact.contract_id)
    await pause_label(work, contract.id, contract.version)


@reacts_to(ContractAmended)
async def on_an_amendment_in_force(work: Work, fact: ContractAmended) -> None:
    """An amendment puts other terms in force under the same version, so the label pauses.

    Not before: while it is offered and checked, what was reviewed is what binds.
    """
    await pause_label(work, fact.contract_id, AMENDED)
