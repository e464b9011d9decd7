"""The courses of attestations and disputes: every move that is not listed is refused."""

from types import SimpleNamespace

import pytest

from guild.core.errors import IllegalMove
from guild.core.lifecycle import Lifecycle
from guild.reputation.models import ATTESTATION_LIFECYCLE, DISPUTE_LIFECYCLE


@pytest.mark.parametrize(
    "lifecycle", [ATTESTATION_LIFECYCLE, DISPUTE_LIFECYCLE], ids=lambda one: one.name
)
def test_only_listed_moves_are_possible(lifecycle: Lifecycle) -> None:
    for state in lifecycle.states:
        for action, (sources, target) in lifecycle.moves.items():
            row = SimpleNamespace(state=state)
            if state in sources:
                lifecycle.move(row, action)
                assert row.state == target
            else:
                with pytest.raises(IllegalMove):
                    lifecycle.move(row, action)
                assert row.state == state
