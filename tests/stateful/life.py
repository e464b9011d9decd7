"""A seeded walk through an invoice's whole life, in commands, held against the plain books.

Draft with random lines, issue, alone or shared, pay in parts, overpay, pay from what is on account,
credit, object, remind, give up, take that back, the bank takes a payment back, pay out. After each
step every account of the ledger, each invoice and each member's part of it are the model's.
"""

from collections.abc import Awaitable, Callable

from tests.stateful.billing import Billing
from tests.stateful.paying import Paying
from tests.stateful.trouble import Trouble


class Course(Billing, Paying, Trouble):
    """One walk and its steps."""

    async def walk(self, steps: int) -> None:
        """So many steps, each compared; the invariants are asked now and then and at the end."""
        choices: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (4, self.issue), (2, self.issue_shared), (8, self.pay), (3, self.chargeback),
            (3, self.from_account), (4, self.credit), (2, self.object), (1, self.withdraw),
            (2, self.remind), (2, self.give_up), (1, self.owed_again), (3, self.pay_out),
        ]  # fmt: skip
        first = (self.issue, self.issue_shared, self.issue)
        weights = [weight for weight, _ in choices]
        for number in range(steps):
            _, step = (0, first[number]) if number < 3 else self.chance.choices(choices, weights)[0]
            self.trace.append(step.__name__)
            await step()
            await self.compare()
            if number % 20 == 19:
                await self.sound()
        await self.sound()
