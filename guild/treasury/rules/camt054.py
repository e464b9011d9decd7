"""Reads notifications of bookings (camt.054.001.08 and .02): what is inside a batch.

A bank that books many payments as one sum sends the payments apart. Nothing is booked from a
notification: its payments are kept with the booking, before or after the statement shows it.
"""

from guild.treasury.errors import StatementTooLarge, StatementUnreadable
from guild.treasury.rules.camt import Message, Report, day_of, grouped
from guild.treasury.rules.entries import MAX_ENTRIES, ReadNotification


def notifications_of(message: Message) -> tuple[ReadNotification, ...]:
    """The booked entries of a message that its schema accepted, each with its payments.

    Raises StatementUnreadable for an entry without the bank's reference: it could never be found
    on a statement.
    """
    found: list[ReadNotification] = []
    for element, rows in message.reports:
        report = Report(element, message.name)
        for number, (entry, payments) in enumerate(grouped(rows), 1):
            if entry.status == "PDNG":
                continue
            amount = report.signed(entry.amount, entry.currency, entry.direction)
            if not entry.bank_reference:
                raise StatementUnreadable(
                    f"Entry {number} of notification {report.id} has no bank reference.",
                    mend="Ask the bank to send AcctSvcrRef in its notifications.",
                )
            parts = report.payments(entry, payments, amount, number)
            found.append(
                ReadNotification(
                    iban=report.text("Acct/Id/IBAN"),
                    currency=report.currency,
                    reference=entry.bank_reference,
                    amount_minor=amount,
                    booked_on=day_of(entry.booked or entry.valued),
                    parts=tuple(parts),
                )
            )
    if sum(len(one.parts) for one in found) > MAX_ENTRIES:
        raise StatementTooLarge(f"One import takes at most {MAX_ENTRIES} entries.")
    return tuple(found)
