"""State machines as data: one table per aggregate says which step leads from where to where.

The same table moves the row, refuses what it does not list, makes the CHECK constraint, draws the
diagram of the docs and feeds the property tests.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from guild.core.errors import IllegalMove


class _Stateful(Protocol):
    state: str


class Lifecycle:
    """The legal moves of one aggregate.

    `moves` maps an action to (states it may start from, state it leads to).
    """

    def __init__(
        self, name: str, *, initial: str, moves: Mapping[str, tuple[tuple[str, ...], str]]
    ) -> None:
        self.name: Final = name
        self.initial: Final = initial
        self.moves: Final = dict(moves)
        reached = [state for sources, target in moves.values() for state in (*sources, target)]
        self.states: Final = tuple(dict.fromkeys([initial, *reached]))

    def may(self, state: str, action: str) -> bool:
        """Whether `action` is possible in `state`."""
        return state in self.moves[action][0]

    def move(self, row: _Stateful, action: str) -> str:
        """Take the step on the row and return its former state; raises IllegalMove (409)."""
        sources, target = self.moves[action]
        former = row.state
        if former not in sources:
            possible = sorted(step for step in self.moves if self.may(former, step))
            raise IllegalMove(
                f"A {self.name.replace('_', ' ')} that is {former.replace('_', ' ')} "
                f"cannot be moved by “{action.replace('_', ' ')}”.",
                mend=f"Possible now: {', '.join(possible).replace('_', ' ')}."
                if possible
                else "Its course has ended; nothing can be changed any more.",
                state=former,
                action=action,
            )
        row.state = target
        return former

    def check_sql(self, column: str = "state") -> str:
        """The CHECK constraint that allows only the states of the table."""
        return f"{column} IN ({', '.join(repr(state) for state in self.states)})"

    def mermaid(self) -> str:
        """The state diagram for the docs."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        lines += [
            f"    {source} --> {target}: {action}"
            for action, (sources, target) in self.moves.items()
            for source in sources
        ]
        ends = [s for s in self.states if not any(s in m[0] for m in self.moves.values())]
        return "\n".join(lines + [f"    {state} --> [*]" for state in ends])
