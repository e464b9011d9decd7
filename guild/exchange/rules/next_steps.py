"""What a person can do about a transmission or a supplier's invoice, in plain words.

Codes are those of the Peppol Invoice Response (BIS 3.0, UNCL 4343 subset) with its clarification
reasons (OPStatusReason), and the enhanced status codes of mail (RFC 3463).
"""

from typing import Final

WAITING: Final = "Nothing to do."
NEXT: Final = {
    "queued": f"{WAITING} It leaves within a minute.",
    "looking_up": f"{WAITING} Guild is asking whether the client can receive it electronically.",
    "ready": f"{WAITING} It is handed to the gateway within a minute.",
    "sending": f"{WAITING} It is on its way to the gateway.",
    "sent": f"{WAITING} The gateway has it; the receiver's confirmation is awaited.",
    "delivered": f"{WAITING} The client's system has received it.",
    "accepted": f"{WAITING} The client has accepted it.",
    "by_mail": f"{WAITING} The client was mailed a link. Ask for the payment when it is due.",
    "unknown": "Wait: nobody knows yet whether it arrived, so it is not sent a second time. "
    "Guild asks the gateway again every few minutes and tells you what it learns.",
    "refused_by_receiver": "Talk to the client about the reason. If the invoice is wrong, credit "
    "it and issue a new one; if the address was wrong, send it to the right one.",
    "bounced": "The mail did not arrive. Ask the client for the right address and send it again.",
    "failed": "It did not arrive. Send it again, or send it by mail.",
    "needs_person": "Guild knows no way to this client. Ask for an e-mail address and send it "
    "there.",
}
REASONS: Final = {
    "REF": "A reference is missing or wrong: ask the client for the order number, credit the "
    "invoice and issue it again with that number.",
    "LEG": "Something that the law asks for is missing: credit the invoice and issue a right one.",
    "REC": "It reached somebody else: ask for the right address and send it there.",
    "QUA": "The client is not content with the work: talk to the client, or credit a part.",
    "DEL": "The client says that the delivery is not what was ordered: talk to the client.",
    "PRI": "The price is not the agreed one: compare it with the contract, credit if it is wrong.",
    "QTY": "The quantity is not the agreed one: compare it with the contract, credit if wrong.",
    "ITM": "A line is not what was ordered: compare it with the contract, credit if it is wrong.",
    "PAY": "The terms of payment are not the agreed ones: compare them with the contract.",
    "UNR": "The client does not know this order: ask who ordered it and for the order number.",
    "FIN": "The client's books cannot place it: ask what is missing.",
    "DUP": "The client says it has this invoice already: nothing needs to be sent again.",
    "5.1.1": "This mailbox does not exist: ask the client for the right address.",
    "5.2.2": "The mailbox is full: call the client, or send it to another address.",
    "5.7.1": "The client's mail server refuses our mails: ask for another address, and tell the "
    "operator.",
    "not_found": "The receiver is not on the network under this number: send it by mail.",
    "never_arrived": "The gateway never got it, so it can be sent again safely.",
    "gateway_refused": "The gateway does not take this document: show the reason to the operator, "
    "and send it by mail meanwhile.",
    "gateway_away": "The gateway could not be reached for a day: send it by mail, or try again.",
}


SELF_BILL: Final = "self_bill"
"""The code of a document in a member's name that she has by mail and under Self-billing."""


def next_step(state: str, code: str) -> str:
    """The sentence for a transmission's state and the receiver's code."""
    if code == SELF_BILL:
        return f"{WAITING} The member was mailed, and finds it under Self-billing."
    if state in {"refused_by_receiver", "bounced", "failed"} and code in REASONS:
        return REASONS[code]
    return NEXT[state]


def cost_step(
    state: str, *, broken: bool, duplicate: bool, matched: bool, wrong_buyer: bool
) -> str:
    """The sentence for a supplier's invoice."""
    if state == "received":
        if duplicate:
            return "It was received before. Refuse one of the two."
        if wrong_buyer:
            return "It is addressed to somebody else. Refuse it, or ask the supplier for a new one."
        if broken:
            return "It breaks rules. Refuse it with the reasons, or accept it if they do no harm."
        if not matched:
            return "Say which project it is for."
        return "Check that the thing was delivered, then accept it."
    return {
        "accepted": "A treasurer books it.",
        "disputed": "Wait for the supplier's answer, then accept or refuse it.",
        "refused": "Nothing to do. The supplier sends a new one, or none.",
        "booked": "Nothing to do. It is paid with the next payment file.",
        "ordered": "Nothing to do. The bank has the order, or gets it with the next file.",
        "paid": "Nothing to do.",
    }[state]
