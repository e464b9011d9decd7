"""What one reads of a check of a draft."""

from guild.core.wire import Out


class BrokenOut(Out, frozen=True):
    """One broken rule: its official id, the field to mend, what is wrong, and how to mend it."""

    rule: str
    field: str
    detail: str
    mend: str


class CheckOut(Out, frozen=True):
    """What issuing would say today. `rules` names each rule file that was asked, with its hash."""

    passed: bool
    broken: list[BrokenOut]
    rules: dict[str, str]
