"""Drafting, issuing and crediting, alone and together."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from guild.core.errors import GuildError
from guild.core.ids import InvoiceId
from guild.core.money import Money
from guild.invoicing import commands as invoicing
from guild.invoicing.schemas.drafts import AdjustmentIn, DraftTerms, LineIn
from guild.invoicing.schemas.shares import ShareIn, SharesIn
from tests.stateful.books import Invoice, Part, by_largest_remainder
from tests.stateful.scene import Scene, amount, cents, id_of

RATES = {"": Fraction(21, 100), "6": Fraction(6, 100), "12": Fraction(12, 100)}


class Billing(Scene):
    """What members do with their invoices."""

    def _lines(self) -> tuple[list[LineIn], int]:
        """One to five random lines, the first large, and their net in cents."""
        lines, net = [], 0
        for number in range(self.chance.randint(1, 5)):
            low = 1 if number == 0 else -5
            quantity = Decimal(self.chance.randint(low * 10_000, 90_000) or 1).scaleb(-4)
            price = Decimal(self.chance.randint(500_000 if number == 0 else 1, 900_000)).scaleb(-4)
            base = Decimal(self.chance.choice([1, 1, 1, 10])) if number else Decimal(1)
            gross = cents(quantity * price / base)
            given: list[AdjustmentIn] = []
            if number and gross > 0 and self.chance.random() < 0.3:
                percent = self.chance.randint(1, 40_000)
                given = [AdjustmentIn(reason="Agreed", percent=f"{Decimal(percent) / 1000}")]
                off = Decimal(gross) * percent / 100_000
                gross -= int(off.quantize(Decimal(1), ROUND_HALF_UP))
            net += gross
            lines.append(LineIn(
                text=f"Work {number}", unit_price=f"{price}", quantity=f"{quantity}",
                base_quantity=f"{base}", adjustments=tuple(given),
            ))  # fmt: skip
        return lines, net

    async def issue(self) -> None:
        """Draft random lines at one rate and issue them."""
        number = self.chance.randrange(len(self.people))
        member, _, contract = self.people[number]
        lines, net = self._lines()
        if net <= 0:
            return
        percent = self.chance.choice(list(RATES))
        taxed = {"treatment": "reduced", "reduced_percent": percent} if percent else {}
        terms = DraftTerms(lines=tuple(lines), **taxed)  # type: ignore[arg-type]
        async with self.by(member) as work:
            draft = await invoicing.draft_invoice_from_milestones(work, contract, terms=terms)
        async with self.by(member) as work:
            issued = await invoicing.issue_invoice(work, draft)
        invoice = Invoice(str(draft), number, net, rate=RATES[percent])
        self.books.issue(invoice)
        assert issued.net == amount(net), "the lines add up to another net"
        assert issued.total == amount(net + invoice.vat)

    async def issue_shared(self) -> None:
        """The same, of two members: one drafts it and names the other, who agrees to her part."""
        number = self.chance.randrange(len(self.people))
        other = (number + 1) % len(self.people)
        member, helper = self.people[number][0], self.people[other][0]
        lines, net = self._lines()
        if net <= 0:
            return
        mine = self.chance.randint(1, 9_999)
        shares = SharesIn((ShareIn(member_id=member.id, bps=mine),
                           ShareIn(member_id=helper.id, bps=10_000 - mine)))  # fmt: skip
        terms = DraftTerms(lines=tuple(lines))
        async with self.by(member) as work:
            draft = await invoicing.draft_invoice_from_milestones(
                work, self.people[number][2], terms=terms
            )
        async with self.by(member) as work:
            await invoicing.share_draft(work, draft, shares)
        async with self.by(helper) as work:
            await invoicing.agree_to_share(work, draft)
        async with self.by(member) as work:
            issued = await invoicing.issue_invoice(work, draft)
        first, second = by_largest_remainder(net, [mine, 10_000 - mine])
        parts = [Part(number, first), Part(other, second)]
        invoice = Invoice(str(draft), number, net, parts=parts)
        self.books.issue(invoice)
        assert issued.net == amount(net)

    async def credit(self) -> None:
        """All that is left, a part, or more than is left."""
        invoice = self.an_invoice(wants=lambda one: True)
        if invoice is None or invoice.id in self.disputed:
            return
        net = self.chance.choice([None, self.chance.randint(1, invoice.net), invoice.net])
        member = self.people[invoice.member][0]
        money = None if net is None else Money(net, "EUR")
        refused = None
        try:
            async with self.by(member) as work:
                await invoicing.credit_invoice(work, InvoiceId(id_of(invoice)), "Agreed", net=money)
        except GuildError as refusal:
            refused = refusal
        self.agree(refused, self.books.credit(invoice, net))
