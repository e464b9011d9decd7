"""What is done with documents on their way out, and with suppliers' invoices on their way in."""

from guild.exchange.commands.deciding import (
    accept,
    book,
    dispute,
    match,
    note_supplier_order,
    record_supplier_payment,
    refuse,
)
from guild.exchange.commands.delivering import begin_delivery, begin_self_bill, send_again
from guild.exchange.commands.mailing import bounce, find_refused
from guild.exchange.commands.notices import take_bounce, take_notice
from guild.exchange.commands.receiving import UPLOAD_MAX, upload
from guild.exchange.commands.sending import ask_about_open

__all__ = [
    "UPLOAD_MAX",
    "accept",
    "ask_about_open",
    "begin_delivery",
    "begin_self_bill",
    "book",
    "bounce",
    "dispute",
    "find_refused",
    "match",
    "note_supplier_order",
    "record_supplier_payment",
    "refuse",
    "send_again",
    "take_bounce",
    "take_notice",
    "upload",
]
