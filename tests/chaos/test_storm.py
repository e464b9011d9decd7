"""Twenty seconds of storm in every run of the tests; `make chaos` blows longer."""

import pytest

from tests.chaos.storm import run

SECONDS = 20
SEED = 20261123


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_short_storm_loses_and_doubles_nothing() -> None:
    said: list[str] = []
    status = run(SECONDS / 60, SEED, said.append)
    assert status == 0, "\n".join(said)
    assert "nothing lost, nothing doubled, every invariant holds" in said
