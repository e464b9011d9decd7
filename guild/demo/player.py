"""A story being played: who is who, what is called what, and the order of its deeds.

What each kind of step does is in `deeds/`, registered with `play`.
"""

import time
from collections.abc import Callable
from functools import singledispatch
from pathlib import Path
from typing import Any, Final

from guild.demo import story as tale
from guild.demo.cast import Cast, Person, StepFailed

SETTLE_S: Final = 90
"""How long the background may take to come to rest after a step."""


class Play:
    """A story being played: who is who, what is called what, and what happened so far."""

    def __init__(self, story: tale.Story, folder: Path, cast: Cast, files: Path) -> None:
        self.story: Final = story
        self.folder: Final = folder
        self.cast: Final = cast
        self.files: Final = files
        self.members: Final[dict[str, str]] = {}
        self.clients: Final[dict[tuple[str, str], dict[str, Any]]] = {}
        self.contracts: Final[dict[str, dict[str, Any]]] = {}
        self.offers: Final[dict[str, tale.Offer]] = {}
        self.invoices: Final[dict[str, dict[str, Any]]] = {}
        self.claims: Final[dict[str, dict[str, Any]]] = {}
        self.payouts: Final[dict[str, dict[str, Any]]] = {}
        self.closings: Final[list[str]] = []
        self.labels: Final[list[dict[str, Any]]] = []
        self.attestations: Final[dict[tuple[str, str], dict[str, Any]]] = {}
        self.happened: Final[list[tuple[str, str, str]]] = []

    def note(self, who: str, what: str) -> None:
        """Put a line on the record that is printed at the end."""
        self.happened.append((f"{self.cast.moment:%d %b %H:%M}", who, what))

    def name(self, short: str) -> str:
        """The full name of a person of the story."""
        officer = self.story.officers.get(short)
        return officer.name if officer else self.story.freelancers[short].name

    def member(self, short: str) -> Person:
        """A member, signed in."""
        return self.cast.member(short)

    def client_of(self, contract: str) -> tale.Client:
        """The client of a contract."""
        return self.story.clients[self.offers[contract].client]

    def owner(self, contract: str) -> str:
        """The freelancer of a contract."""
        return self.offers[contract].who

    def contract(self, contract: str) -> dict[str, Any]:
        """A contract as its freelancer reads it now."""
        found: dict[str, Any] = self.member(self.owner(contract)).get(
            f"/contracts/{self.contracts[contract]['id']}"
        )
        return found

    def milestone_ids(self, contract: str, numbers: list[int]) -> list[str]:
        """The ids of milestones by their place in the contract."""
        by_place = {m["position"]: m["id"] for m in self.contract(contract)["milestones"]}
        first = min(by_place)
        return [by_place[first + number - 1] for number in numbers]

    def settle(self) -> None:
        """Wait until the background has nothing left to do at this moment."""
        operator = next(k for k, o in self.story.officers.items() if o.role == "operator")
        person = self.member(operator)
        until = time.monotonic() + SETTLE_S
        while True:
            queue = person.get("/operations/queue")
            if queue["dead"]:
                dead = person.get("/operations/dead-jobs")
                raise StepFailed(f"jobs failed for good: {dead}")
            if not queue["due"] and not queue["slots_open"]:
                return
            if time.monotonic() > until:
                raise StepFailed(f"the background did not come to rest: {queue}")
            time.sleep(0.05)


@singledispatch
def play(step: Any, playing: Play) -> None:
    """Do what a step says."""
    raise StepFailed(f"{playing.story.title}: no way is known to play {type(step).__name__}")


Progress = Callable[[int, tale.AnyStep], None]


def play_all(playing: Play, progress: Progress) -> None:
    """Play every step; an error names the step that failed."""
    day = None
    for number, step in enumerate(playing.story.step, 1):
        progress(number, step)
        playing.cast.turn(step.at)
        try:
            if step.at.date() != day:
                playing.settle()
                day = step.at.date()
            play(step, playing)
        except (StepFailed, KeyError) as wrong:
            kind = type(step).__name__
            raise StepFailed(f"step {number} ({kind}, {step.at}): {wrong}") from wrong
    playing.settle()
