"""Reads the bank's status report (pain.002): which payments it took, which not, and why.

Versions .03, .10 and .12. DTDs are refused; where the schema is vendored (.03, .12) the file must
be valid by it; the reader itself takes nothing for granted in any version.
"""

from typing import Final

import msgspec
from lxml import etree

from guild.treasury.errors import StatusReportUnreadable
from guild.treasury.rules.iso20022 import schema_of

MAX_BYTES: Final = 10_000_000
MESSAGES: Final = ("pain.002.001.03", "pain.002.001.10", "pain.002.001.12")
_WITH_SCHEMA: Final = ("pain.002.001.03", "pain.002.001.12")
_NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:"
REJECTED: Final = "RJCT"
ACCEPTED: Final = ("ACCP", "ACSP", "ACSC", "ACWC", "ACWP", "ACTC", "ACCC", "ACFC", "ACPD")

REASONS: Final = {
    "AC01": "The account number is wrong.",
    "AC03": "The account number of the payee is wrong.",
    "AC04": "The account is closed.",
    "AC06": "The account is blocked.",
    "AC13": "The account is a consumer's, which this kind of debit may not use.",
    "AG01": "This kind of payment is not allowed on that account.",
    "AG02": "The bank does not know this kind of transaction.",
    "AM04": "There is not enough money on the account.",
    "AM05": "The bank has had this payment already.",
    "AM09": "The amount is not the expected one.",
    "BE01": "Name and account number do not belong together.",
    "BE04": "The address of the payee is missing or incomplete.",
    "BE05": "The bank does not know the creditor identifier.",
    "CNOR": "The payee's bank is not reachable this way.",
    "CUST": "The customer asked for it.",
    "DNOR": "The payer's bank is not reachable this way.",
    "DT01": "The date is not possible.",
    "FF01": "The file is not in the right format.",
    "FOCR": "It comes back because it was recalled.",
    "MD01": "There is no mandate for it.",
    "MD02": "Details of the mandate are missing or wrong.",
    "MD06": "The payer wants her money back.",
    "MD07": "The account holder has died.",
    "MS02": "The customer refused it without giving a reason.",
    "MS03": "The bank gave no reason.",
    "NARR": "The bank says why in words.",
    "NOAS": "The customer did not answer.",
    "RC01": "The bank's code (BIC) is wrong.",
    "RR01": "The payer's account or identification is missing; the law wants it.",
    "RR02": "The payer's name or address is missing; the law wants it.",
    "RR03": "The payee's name or address is missing; the law wants it.",
    "RR04": "The bank refuses it for regulatory reasons.",
    "SL01": "The account holder has not allowed this kind of debit.",
    "TM01": "The file came too late for that day.",
}
"""External reason codes of ISO 20022 that European banks use, in plain words."""


class TransactionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What the bank says of one payment."""

    end_to_end_id: str
    status: str
    reason: str
    text: str


class StatusFile(msgspec.Struct, frozen=True, kw_only=True):
    """A status report: about which of our files, of the whole of it, and of single payments."""

    message_id: str
    original_id: str
    group_status: str
    group_reason: str
    transactions: tuple[TransactionStatus, ...]


def plain_reason(code: str, text: str = "") -> str:
    """A reason code in plain words, with the code, and with the bank's own words if there are."""
    known = REASONS.get(code, "The bank gave a reason that we do not know." if code else "")
    words = " ".join(filter(None, (known, text)))
    return f"{words} ({code})" if code else words or "The bank gave no reason."


def read_status(content: bytes) -> StatusFile:
    """The report; raises StatusReportUnreadable, and nothing was changed."""
    root = _root(content)
    message = etree.QName(root).namespace or ""
    name = message.removeprefix(_NAMESPACE)
    if name not in MESSAGES or etree.QName(root).localname != "Document":
        raise StatusReportUnreadable(
            f"This is no status report that we read ({', '.join(MESSAGES)}).",
            mend="Download the pain.002 file of the payment file at the bank.",
        )
    if name in _WITH_SCHEMA and not schema_of(name).validate(root):
        fault = str(schema_of(name).error_log)[:300]
        raise StatusReportUnreadable(f"The schema of {name} refuses the file: {fault}")
    space = {"m": message}

    def texts(node: etree._Element, path: str) -> list[str]:
        return [str(one.text or "").strip() for one in node.findall(path, space)]

    def one(node: etree._Element, path: str) -> str:
        return next(iter(texts(node, path)), "")

    report = root.find("m:CstmrPmtStsRpt", space)
    if report is None:
        raise StatusReportUnreadable("The report is empty.")
    group = report.find("m:OrgnlGrpInfAndSts", space)
    original = "" if group is None else one(group, "m:OrgnlMsgId")
    if group is None or not original:
        raise StatusReportUnreadable("The report does not say which file it is about.")
    payments = report.findall("m:OrgnlPmtInfAndSts", space)
    found = [
        TransactionStatus(
            end_to_end_id=one(entry, "m:OrgnlEndToEndId"),
            status=one(entry, "m:TxSts") or one(payment, "m:PmtInfSts"),
            reason=one(entry, "m:StsRsnInf/m:Rsn/m:Cd") or one(payment, "m:StsRsnInf/m:Rsn/m:Cd"),
            text=" ".join(texts(entry, "m:StsRsnInf/m:AddtlInf"))[:200],
        )
        for payment in payments
        for entry in payment.findall("m:TxInfAndSts", space)
    ]
    statuses = [one(payment, "m:PmtInfSts") for payment in payments]
    group_status = one(group, "m:GrpSts")
    if not group_status and statuses and set(statuses) == {REJECTED}:
        group_status = REJECTED
    return StatusFile(
        message_id=one(report, "m:GrpHdr/m:MsgId")[:35],
        original_id=original,
        group_status=group_status[:4],
        group_reason=one(group, "m:StsRsnInf/m:Rsn/m:Cd")
        or one(report, "m:OrgnlPmtInfAndSts/m:StsRsnInf/m:Rsn/m:Cd"),
        transactions=tuple(found),
    )


def _root(content: bytes) -> etree._Element:
    if len(content) > MAX_BYTES:
        raise StatusReportUnreadable(f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as broken:
        raise StatusReportUnreadable(f"The file is no XML: {broken}") from None
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs lack it
        raise StatusReportUnreadable("The file holds a DOCTYPE, which no bank sends.")
    return root
