"""Reads ISO 20022 bank statements (camt.053.001.08, and .02 of older banks), with suspicion.

Every sum in the file is checked against the entries, and opening balance + booked entries must be
the closing balance. Pending entries are kept apart from booked ones. The reader is our own because
the packages on the index lose the reference, the counterparty or the amounts of batched payments.
"""

from collections.abc import Callable
from datetime import date

from lxml import etree

from guild.core.money import Money
from guild.treasury.errors import StatementDoesNotAdd, StatementTooLarge, StatementUnreadable
from guild.treasury.rules.camt import Message, Report, day_of, grouped, read_message
from guild.treasury.rules.entries import MAX_BYTES, MAX_ENTRIES, ReadEntry, ReadStatement

__all__ = ["MAX_BYTES", "MAX_ENTRIES", "ReadEntry", "ReadStatement", "read_statements"]


def read_statements(content: bytes) -> tuple[ReadStatement, ...]:
    """The statements of a camt.053 file, in the file's order.

    Raises StatementTooLarge, StatementUnreadable or StatementDoesNotAdd.
    """
    message = read_message(content)
    if not message.name.startswith("camt.053"):
        raise StatementUnreadable("The file is a notification (camt.054), not a statement.")
    return statements_of(message)


def statements_of(message: Message) -> tuple[ReadStatement, ...]:
    """The statements of a message that its schema accepted."""
    return tuple(_Reader(report, message.name).read(rows) for report, rows in message.reports)


class _Reader(Report):
    """Reads one `Stmt` element."""

    def read(self, rows: list[list[str]]) -> ReadStatement:
        """The statement, once its sums were checked."""
        opening, opened_on = self._balance("OPBD", "PRCD")
        closing, closed_on = self._balance("CLBD")
        booked: list[ReadEntry] = []
        whole: list[int] = []
        announced: list[ReadEntry] = []
        pending: list[int] = []
        for number, (entry, payments) in enumerate(grouped(rows), 1):
            amount = self.signed(entry.amount, entry.currency, entry.direction)
            if entry.status == "BOOK":
                whole.append(amount)
                booked.extend(self.payments(entry, payments, amount, number))
                continue
            pending.append(amount)
            if entry.status == "PDNG" and amount:
                dated = (
                    entry if entry.booked or entry.valued else entry._replace(booked=f"{closed_on}")
                )
                announced.extend(self.payments(dated, payments, amount, number))
        if len(booked) > MAX_ENTRIES:
            raise StatementTooLarge(f"One import takes at most {MAX_ENTRIES} entries.")
        if opening + sum(whole) != closing:
            raise StatementDoesNotAdd(
                f"Opening balance {self.written(opening)} and entries {self.written(sum(whole))} "
                f"make {self.written(opening + sum(whole))}, "
                f"but the closing balance says {self.written(closing)}."
            )
        self._check_totals(whole, pending)
        first, last = self.text("FrToDt/FrDtTm"), self.text("FrToDt/ToDtTm")
        return ReadStatement(
            statement_id=self.id,
            number=self.text("ElctrncSeqNb") or self.text("LglSeqNb"),
            iban=self.text("Acct/Id/IBAN"),
            currency=self.currency,
            opening_minor=opening,
            closing_minor=closing,
            from_on=day_of(first) if first else min(opened_on, closed_on),
            to_on=day_of(last) if last else closed_on,
            entries=tuple(booked),
            pending=tuple(announced),
        )

    def _balance(self, *codes: str) -> tuple[int, date]:
        for code in codes:
            for balance in self.element.iterfind("c:Bal", self.ns):
                if self.text("Tp/CdOrPrtry/Cd", balance) == code:
                    return self._balance_of(balance)
        raise StatementUnreadable(f"The statement has no {' or '.join(codes)} balance.")

    def _balance_of(self, balance: etree._Element) -> tuple[int, date]:
        amount = balance.find("c:Amt", self.ns)
        assert amount is not None, "the schema demands it"
        direction = self.text("CdtDbtInd", balance)
        minor = self.signed(amount.text or "", amount.get("Ccy", ""), direction)
        return minor, day_of(self.text("Dt/Dt", balance) or self.text("Dt/DtTm", balance))

    def _check_totals(self, booked: list[int], pending: list[int]) -> None:
        """`TxsSummry`, where a bank sends it: counts and sums, of booked or of all entries."""
        kinds: tuple[tuple[str, Callable[[int], bool]], ...] = (
            ("TtlNtries", lambda _: True),
            ("TtlCdtNtries", lambda minor: minor >= 0),
            ("TtlDbtNtries", lambda minor: minor < 0),
        )
        for name, counts in kinds:
            number = self.text(f"TxsSummry/{name}/NbOfNtries")
            total = self.text(f"TxsSummry/{name}/Sum")
            lists = ([m for m in rows if counts(m)] for rows in (booked, booked + pending))
            if not any(self._says(number, total, rows) for rows in lists):
                raise StatementDoesNotAdd(
                    f"The statement's own totals ({name}: {number or 'some'} entries, sum "
                    f"{total or 'not given'}) are not those of its entries."
                )

    def _says(self, number: str, total: str, rows: list[int]) -> bool:
        if number and int(number) != len(rows):
            return False
        try:
            return not total or Money.parse(total, self.currency).minor == sum(map(abs, rows))
        except ValueError:
            return False
