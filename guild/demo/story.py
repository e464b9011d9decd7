"""The format of a story: `story.toml` and the bank statements beside it.

`[cooperative]` names the house, `[officers.x]`, `[freelancers.x]` and `[clients.x]` introduce the
people by a short name, and each `[[step]]` says at which moment who does what. The steps are played
in the order of the file; their moments never go back. `docs/stories.md` explains each step.
"""

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from guild.core.settings import Cooperative

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""A short name by which the story refers to a person, a contract, an invoice or a claim."""


class StoryWrong(Exception):
    """The story cannot be played; the message says where and why."""


class Tale(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what a story is made of: unknown words are errors."""


class Officer(Tale, frozen=True, kw_only=True):
    """A founder who holds an office from the first day."""

    name: str
    email: str
    role: str


class Freelancer(Tale, frozen=True, kw_only=True):
    """Somebody who applies to join and is admitted."""

    name: str
    email: str
    trade: str
    iban: str
    street: str
    postcode: str
    city: str
    country: str = "BE"
    language: str = "en"
    vat_exempt: bool = False


class Client(Tale, frozen=True, kw_only=True):
    """A client with the one person who answers for it."""

    name: str
    kind: str
    country: str
    street: str
    postcode: str
    city: str
    email: str
    contact: str
    contact_email: str
    iban: str
    vat_number: str | None = None
    enterprise_number: str | None = None
    language: str = "en"


class Milestone(Tale, frozen=True, kw_only=True):
    """Work that is delivered, accepted and invoiced by itself."""

    title: str
    net: str
    due_on: date


class Step(Tale, frozen=True, kw_only=True, tag_field="do"):
    """One deed at one moment."""

    at: datetime


class Join(Step, frozen=True, kw_only=True, tag="join"):
    """Freelancers apply, a secretary admits them, their accounts are approved by another."""

    who: list[Name]
    admitted_by: Name
    accounts_approved_by: Name


class Endow(Step, frozen=True, kw_only=True, tag="endow"):
    """A treasurer opens the bank account with what is on it, and pots get their first money."""

    who: Name
    opening_balance: str
    pots: dict[str, str]
    text: str


class Offer(Step, frozen=True, kw_only=True, tag="offer"):
    """A freelancer drafts a contract, has it checked, and signs by sending it."""

    who: Name
    contract: Name
    client: Name
    title: str
    summary: str
    milestones: list[Milestone]
    hours_estimate: int | None = None
    acceptance_silence_days: int | None = None
    answer_by: date | None = None
    buyer_reference: str = ""


class Sign(Step, frozen=True, kw_only=True, tag="sign"):
    """The client reads, asks for the code, and signs with typed name."""

    contract: Name
    role: str


class RequestChanges(Step, frozen=True, kw_only=True, tag="request_changes"):
    """The client asks for another version."""

    contract: Name
    wishes: str


class Decline(Step, frozen=True, kw_only=True, tag="decline"):
    """The client says no, with a reason."""

    contract: Name
    reason: str
    text: str


class Revise(Step, frozen=True, kw_only=True, tag="revise"):
    """The freelancer changes the draft and sends the next version."""

    contract: Name
    milestones: list[Milestone]
    summary: str


class Deliver(Step, frozen=True, kw_only=True, tag="deliver"):
    """Work is handed over."""

    contract: Name
    milestone: int
    note: str


class Accept(Step, frozen=True, kw_only=True, tag="accept"):
    """The client accepts a delivery."""

    contract: Name
    milestone: int


class Invoice(Step, frozen=True, kw_only=True, tag="invoice"):
    """Accepted milestones become an invoice, which is issued."""

    contract: Name
    milestones: list[int]
    invoice: Name
    buyer_reference: str = ""


class Credit(Step, frozen=True, kw_only=True, tag="credit"):
    """An invoice is credited, whole."""

    who: Name
    invoice: Name
    reason: str


class Statement(Step, frozen=True, kw_only=True, tag="statement"):
    """A treasurer imports a bank statement, a template that is filled in by `bank.py`."""

    who: Name
    file: str


class Match(Step, frozen=True, kw_only=True, tag="match"):
    """A treasurer confirms what the statements suggest; the doubtful stays where it is."""

    who: Name


class Payouts(Step, frozen=True, kw_only=True, tag="payouts"):
    """One treasurer prepares a run, two others approve, the bank gets the file."""

    prepared_by: Name
    approved_by: list[Name]


class Claim(Step, frozen=True, kw_only=True, tag="claim"):
    """A member asks the fund for help with the days `since`…`until` of what `began_on` earlier."""

    who: Name
    claim: Name
    kind: str
    began_on: date
    since: date
    until: date
    text: str


class Judge(Step, frozen=True, kw_only=True, tag="judge"):
    """The drawn jurors accept, read and give their verdict with reasons."""

    claim: Name
    verdict: str
    reason_code: str
    reason: str


class Attest(Step, frozen=True, kw_only=True, tag="attest"):
    """One side of a finished contract answers the published questions about the other."""

    contract: Name
    by: str
    answers: dict[str, bool]


class Dispute(Step, frozen=True, kw_only=True, tag="dispute"):
    """A member contests what was said about her; the entry leaves the score meanwhile."""

    who: Name
    contract: Name
    reason: str


class Rule(Step, frozen=True, kw_only=True, tag="rule"):
    """A rep who has no part in it rules on a dispute, with reasons."""

    who: Name
    contract: Name
    outcome: str
    reasons: str


class Review(Step, frozen=True, kw_only=True, tag="review"):
    """A rep reviews a contract on the eight principles; a second rep is drawn and confirms.

    `evidence` gives the proof for a threshold, as `principle.threshold`; the others have none.
    """

    who: Name
    contract: Name
    evidence: dict[str, str]
    outcome: str
    reasons: str


class Wait(Step, frozen=True, kw_only=True, tag="wait"):
    """Time passes; what is due by itself happens."""

    until: str


AnyStep = (
    Join
    | Endow
    | Offer
    | Sign
    | RequestChanges
    | Decline
    | Revise
    | Deliver
    | Accept
    | Invoice
    | Credit
    | Statement
    | Match
    | Payouts
    | Claim
    | Judge
    | Attest
    | Dispute
    | Rule
    | Review
    | Wait
)


class Story(Tale, frozen=True, kw_only=True):
    """A whole story."""

    title: str
    begins: datetime
    cooperative: Cooperative
    officers: dict[Name, Officer]
    freelancers: dict[Name, Freelancer]
    clients: dict[Name, Client]
    step: list[AnyStep]
    password: str
    score_of: Name
    """Whose score is shown at the end, with its explanation."""


def read_story(folder: Path) -> Story:
    """Read and check a story; raises StoryWrong naming the place."""
    path = folder / "story.toml"
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise StoryWrong(f"{path} cannot be read: {wrong.strerror}.") from wrong
    except ValueError as wrong:
        raise StoryWrong(f"{path}: {wrong}.") from wrong
    try:
        story = msgspec.convert(told, Story)
    except msgspec.ValidationError as wrong:
        raise StoryWrong(f"{path}{_wrong_step(told)}: {wrong}.") from wrong
    moment = story.begins
    for number, step in enumerate(story.step, 1):
        if step.at < moment:
            raise StoryWrong(f"{path}: step {number} goes back in time to {step.at}.")
        moment = step.at
        if unknown := _unknown(story, step, folder):
            raise StoryWrong(f"{path}: step {number} names {unknown}.")
    return story


def _wrong_step(told: dict[str, Any]) -> str:
    """Which step is the first that cannot be read; nothing when the fault lies elsewhere."""
    steps = told.get("step", [])
    for number, step in enumerate(steps if isinstance(steps, list) else [], 1):
        try:
            msgspec.convert(step, AnyStep)
        except msgspec.ValidationError:
            return f": step {number}"
    return ""


def _unknown(story: Story, step: Step, folder: Path) -> str:
    """Whom or what a step refers to that the story does not have; empty when all is there."""
    people = {**story.officers, **story.freelancers}
    named: list[str] = []
    for field in ("who", "admitted_by", "accounts_approved_by", "prepared_by", "approved_by"):
        value = getattr(step, field, [])
        named += value if isinstance(value, list) else [value]
    for short in named:
        if short not in people:
            return f"{short}, whom nobody introduced"
    if isinstance(step, Offer) and step.client not in story.clients:
        return f"the client {step.client}, whom nobody introduced"
    file = step.file if isinstance(step, Statement) else "story.toml"
    if Path(file).name != file or not (folder / file).is_file():
        return f"{file}, which is no file beside it"
    return ""
