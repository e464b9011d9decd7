"""The books as they must be, in plain Python: the model that the API is held against.

Written from the rules, not from the product: amounts are cents, shares are exact fractions rounded
half up, the levy's pots take the largest remainders.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

POTS = {
    "fund_guarantee": Fraction(2500, 10_000),
    "fund_sickness": Fraction(3500, 10_000),
    "fund_solidarity": Fraction(1000, 10_000),
    "fund_operations": Fraction(3000, 10_000),
}
LEVY = Fraction(650, 10_000)
VAT = Fraction(21, 100)
APPROVALS = 2


def half_up(value: Fraction) -> int:
    """The nearest cent; halves go up. Never asked for less than nothing."""
    return math.floor(value + Fraction(1, 2))


def pots_of(released: int) -> Counter[str]:
    """The levy of what an invoice has released so far, by pot."""
    levy = half_up(released * LEVY)
    shares = {pot: levy * weight for pot, weight in POTS.items()}
    cents = Counter({pot: math.floor(share) for pot, share in shares.items()})
    by_remainder = sorted(POTS, key=lambda pot: shares[pot] - cents[pot], reverse=True)
    cents.update(by_remainder[: levy - cents.total()])
    return cents


def by_largest_remainder(cents: int, room: Sequence[int]) -> list[int]:
    """A sum by what each has room for; cents left over go to the largest remainders, first ones
    first.
    """
    if not cents:
        return [0 for _ in room]
    exact = [Fraction(cents * one, sum(room)) for one in room]
    parts = [math.floor(one) for one in exact]
    order = sorted(range(len(room)), key=lambda place: parts[place] - exact[place])
    for place in order[: cents - sum(parts)]:
        parts[place] += 1
    return parts


@dataclass
class Part:
    """One member's part of an invoice; an invoice that nobody shares has one."""

    member: int
    net: int
    pending: int = 0
    released: int = 0
    """What has left `pending` for pots and member."""


@dataclass
class Invoice:
    """One issued invoice."""

    id: str
    member: int
    net: int
    paid: int = 0
    credited: int = 0
    credited_net: int = 0
    refundable: int = 0
    rate: Fraction = VAT
    parts: list[Part] = field(default_factory=list)
    given_up: list[tuple[int, list[int]]] = field(default_factory=list)
    """What each write-off still gives up: VAT included, and each member's net in it."""

    def __post_init__(self) -> None:
        self.parts = self.parts or [Part(self.member, self.net)]

    @property
    def pending(self) -> int:
        """Net that waits for the client."""
        return sum(part.pending for part in self.parts)

    @property
    def released(self) -> int:
        """Net that has left `pending` for pots and members."""
        return sum(part.released for part in self.parts)

    @property
    def let_go(self) -> int:
        """The same, from what the invoice says of itself: rounding aside they are one."""
        gone = self.credited_net + self.written_off_net
        return max(self.net - gone - self.pending, 0)

    def by_pending(self, net: int) -> list[int]:
        """Divide a sum by what each member waits for."""
        return by_largest_remainder(net, [part.pending for part in self.parts])

    @property
    def vat(self) -> int:
        """The tax on the net."""
        return half_up(self.net * self.rate)

    @property
    def written_off(self) -> int:
        """All that is given up."""
        return sum(minor for minor, _ in self.given_up)

    @property
    def written_off_net(self) -> int:
        """The net in it."""
        return sum(sum(nets) for _, nets in self.given_up)

    @property
    def open(self) -> int:
        """What the client still owes."""
        settled = self.paid + self.credited - self.refundable + self.written_off
        return self.net + self.vat - settled


@dataclass
class Payout:
    """One payout."""

    id: str
    member: int
    cents: int
    requested_by: str
    state: str = "requested"
    approvers: set[str] = field(default_factory=set)


@dataclass
class Books:
    """Balances by account code, in each account's natural direction, and what stands behind."""

    at_bank: int
    balances: Counter[str] = field(default_factory=Counter)
    available: Counter[int] = field(default_factory=Counter)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    payouts: dict[str, Payout] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.add(bank=self.at_bank, opening=self.at_bank)

    def add(self, **changes: int) -> None:
        """Change balances."""
        for code, cents in changes.items():
            self.balances[code] += cents

    def shown(self) -> Mapping[str, int]:
        """All balances that are not zero."""
        found = Counter(self.balances)
        found["member_available"] = self.available.total()
        return {code: cents for code, cents in found.items() if cents}

    def issue(self, invoice: Invoice) -> None:
        """Issued: the client owes the gross, the member waits for the net."""
        for part in invoice.parts:
            part.pending = part.net
        self.invoices[invoice.id] = invoice
        self.add(receivable=invoice.net + invoice.vat, vat_payable=invoice.vat,
                 member_pending=invoice.net)  # fmt: skip

    def bring_in(self, cents: int) -> None:
        """Money arrives at the bank, unexplained."""
        self.at_bank += cents
        self.add(bank=cents, suspense=cents)

    def pay(self, invoice: Invoice, cents: int) -> tuple[int, int]:
        """An entry pays an invoice; what is too much is the client's. Returns (paid, surplus)."""
        paid = min(cents, invoice.open)
        self.add(suspense=-cents, receivable=-paid, client_credit=cents - paid)
        if paid:
            left = invoice.net + invoice.vat - invoice.credited
            release = invoice.pending
            if paid < invoice.open:
                left -= invoice.written_off
                so_far = invoice.let_go
                paid_in = invoice.paid - invoice.refundable + paid
                share = Fraction((so_far + invoice.pending) * paid_in, left)
                release = min(max(half_up(share) - so_far, 0), invoice.pending)
            invoice.paid += paid
            self.release(invoice, invoice.by_pending(release))
        return paid, cents - paid

    def release(self, invoice: Invoice, nets: Sequence[int]) -> None:
        """Members cease to wait for this, and get it less the levy (or give it back)."""
        for part, net in zip(invoice.parts, nets, strict=True):
            part.pending -= net
            self._shared_out(part, net)

    def _shared_out(self, part: Part, net: int) -> None:
        """Pots and member get their parts of `net` (or give them back)."""
        before, after = pots_of(part.released), pots_of(part.released + net)
        levy = 0
        for pot in POTS:
            levy += after[pot] - before[pot]
            self.balances[pot] += after[pot] - before[pot]
        part.released += net
        self.balances["member_pending"] -= net
        self.available[part.member] += net - levy

    def credit(self, invoice: Invoice, net: int | None) -> bool:
        """A credit note over `net`, or all that is left. False when it must be refused."""
        left = invoice.net - invoice.credited_net
        asked = left if net is None else net
        if not 0 < asked <= left:
            return False
        vat_left = invoice.vat - (invoice.credited - invoice.credited_net)
        vat = vat_left if asked == left else min(half_up(asked * invoice.rate), vat_left)
        self.not_owed(invoice, asked + vat - invoice.open)
        off_open = min(asked + vat, invoice.open)
        refund = asked + vat - off_open
        closed = off_open == invoice.open
        pending = invoice.pending if closed else min(asked, invoice.pending)
        back = max(asked - pending, 0) if refund else 0
        odd = asked - back - pending
        invoice.credited += asked + vat
        invoice.credited_net += asked
        invoice.refundable += refund
        backs = by_largest_remainder(back, [part.released for part in invoice.parts])
        for part, waiting in zip(invoice.parts, invoice.by_pending(pending), strict=True):
            part.pending -= waiting
        self.add(vat_payable=-vat, member_pending=-(asked - odd), rounding=-odd,
                 receivable=-off_open, client_credit=refund)  # fmt: skip
        for part, less in zip(invoice.parts, backs, strict=True):
            self._shared_out(part, -less)
        return True

    def give_up(self, invoice: Invoice, minor: int) -> None:
        """So much is written off: the member's net in it, and the VAT to be decided upon."""
        if minor == invoice.open:
            net = min(invoice.pending, minor)
        else:
            net = min(half_up(Fraction(invoice.pending * minor, invoice.open)), minor)
        nets = invoice.by_pending(net)
        invoice.given_up.append((minor, nets))
        for part, less in zip(invoice.parts, nets, strict=True):
            part.pending -= less
        self.add(receivable=-minor, member_pending=-net, vat_on_bad_debts=minor - net)

    def owed_again(self, invoice: Invoice, place: int) -> None:
        """What is left of a write-off is taken back."""
        self._given_up_less(invoice, place, invoice.given_up[place][0])

    def not_owed(self, invoice: Invoice, beyond: int) -> None:
        """A credit note takes what is more than open off what was given up, the latest first."""
        for place in reversed(range(len(invoice.given_up))):
            part = min(invoice.given_up[place][0], max(beyond, 0))
            beyond -= part
            self._given_up_less(invoice, place, part)

    def _given_up_less(self, invoice: Invoice, place: int, part: int) -> None:
        minor, held = invoice.given_up[place]
        net = half_up(Fraction(sum(held) * part, minor)) if part < minor else sum(held)
        nets = by_largest_remainder(net, held)
        left = [had - less for had, less in zip(held, nets, strict=True)]
        invoice.given_up[place] = (minor - part, left)
        for one, more in zip(invoice.parts, nets, strict=True):
            one.pending += more
        self.add(receivable=part, member_pending=net, vat_on_bad_debts=net - part)

    def may_ask(self, member: int, cents: int) -> bool:
        """Whether that much is available and not asked for already."""
        asked = sum(one.cents for one in self.payouts.values()
                    if one.member == member and one.state == "requested")  # fmt: skip
        return 0 < cents <= self.available[member] - asked

    def approve(self, payout: Payout, approver: str) -> bool:
        """One approval; the last one sets the money aside. False when it must be refused."""
        if payout.state != "requested" or approver in {*payout.approvers, payout.requested_by}:
            return False
        last = len(payout.approvers) + 1 == APPROVALS
        if last and payout.cents > self.available[payout.member]:
            return False
        payout.approvers.add(approver)
        if last:
            payout.state = "approved"
            self.available[payout.member] -= payout.cents
            self.add(payout_in_transit=payout.cents)
        return True

    def reject(self, payout: Payout) -> bool:
        """Refused: what was set aside goes back."""
        if payout.state not in {"requested", "approved"}:
            return False
        if payout.state == "approved":
            self.available[payout.member] += payout.cents
            self.add(payout_in_transit=-payout.cents)
        payout.state = "rejected"
        return True
