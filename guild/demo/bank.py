"""The bank of a story: statements are templates, because references come to be while it is played.

A statement file is a camt.053 document in which `{{ invoices["website-1"].reference }}` stands for
a structured reference, `{{ iban("canal") }}` for a client's account, and payouts may be listed with
`{% for payout in new_payouts() %}`. Amounts are strings; `total(…)` adds them up.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from guild.core.pages import environment
from guild.demo.story import Story


class Bank(Protocol):
    """What a statement may refer to."""

    @property
    def story(self) -> Story:
        """The story, for its clients' accounts."""

    @property
    def members(self) -> dict[str, str]:
        """Member ids by short name."""

    @property
    def invoices(self) -> dict[str, dict[str, Any]]:
        """Invoices as issued, by the story's name."""

    @property
    def payouts(self) -> dict[str, dict[str, Any]]:
        """Payouts ordered so far, by number."""

    @property
    def closings(self) -> list[str]:
        """The closing balances of the statements so far."""


def total(*amounts: str | Decimal) -> Decimal:
    """The sum of amounts, as a decimal with two places."""
    return sum((Decimal(amount) for amount in amounts), Decimal("0.00"))


def fill(playing: Bank, template: Path) -> bytes:
    """The statement as the bank would send it at this point of the story."""

    def iban(short: str) -> str:
        return playing.story.clients[short].iban

    def new_payouts() -> list[dict[str, Any]]:
        told = [one for one in playing.payouts.values() if not one.get("on_statement")]
        for payout in told:
            payout["on_statement"] = True
            payout["short"] = next(
                short for short, member in playing.members.items() if member == payout["member_id"]
            )
            payout["iban"] = playing.story.freelancers[payout["short"]].iban
        return told

    text = (
        environment()
        .from_string(template.read_text(encoding="utf-8"))
        .render(
            invoices=playing.invoices,
            coop=playing.story.cooperative,
            iban=iban,
            new_payouts=new_payouts,
            total=total,
            digits=_digits,
            previous_closing=lambda: total(*playing.closings[-1:]),
        )
    )
    return text.encode()


def _digits(reference: str) -> str:
    return "".join(letter for letter in reference if letter.isalnum())
