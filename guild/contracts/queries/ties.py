"""Whether a rep is too close to a contract to answer about it.

What a tie is belongs to the reviews, two layers up. `features.py` hands the function that knows it
to the System under `TIES`; a rep's own contracts are refused here in any case.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from guild.core.ids import ContractId
from guild.core.work import Work

TIES: Final = "contracts.ties"
AskTies = Callable[[Work, Sequence[ContractId]], Awaitable[frozenset[ContractId]]]


async def too_close(work: Work, contracts: Sequence[ContractId]) -> frozenset[ContractId]:
    """Those of these contracts that the acting rep has a tie to."""
    ask: AskTies | None = work.system.resources.get(TIES)
    return await ask(work, contracts) if ask is not None and contracts else frozenset()
