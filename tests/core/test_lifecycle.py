"""Lifecycles: every listed move works, every other one is refused."""

import pytest

from guild.core.errors import IllegalMove
from guild.core.lifecycle import Lifecycle

LAMP = Lifecycle(
    "street lamp",
    initial="dark",
    moves={
        "light": (("dark",), "lit"),
        "douse": (("lit",), "dark"),
        "break": (("lit", "dark"), "broken"),
    },
)


class Lamp:
    def __init__(self, state):
        self.state = state


@pytest.mark.parametrize("state", LAMP.states)
@pytest.mark.parametrize("action", LAMP.moves)
def test_each_move_in_each_state(state, action):
    lamp = Lamp(state)
    sources, target = LAMP.moves[action]
    if state in sources:
        assert LAMP.move(lamp, action) == state
        assert lamp.state == target
    else:
        with pytest.raises(IllegalMove) as refusal:
            LAMP.move(lamp, action)
        assert refusal.value.facts == {"state": state, "action": action}
        assert lamp.state == state


def test_the_table_tells_constraint_and_diagram():
    assert LAMP.check_sql() == "state IN ('dark', 'lit', 'broken')"
    assert "dark --> lit: light" in LAMP.mermaid()
    assert "broken --> [*]" in LAMP.mermaid()
