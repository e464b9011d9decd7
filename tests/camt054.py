"""Writes camt.054 notifications (.08 and .02) as banks send them, for tests."""

from datetime import date
from xml.sax.saxutils import escape

from tests.camt import Move

PREFIX = "urn:iso:std:iso:20022:tech:xsd:camt.054.001."


def camt054(*, iban: str, batch: Move, day: date, version: str = "08") -> bytes:
    """A schema-valid notification of one batch with its payments."""
    new = version == "08"
    status = "<Sts><Cd>BOOK</Cd></Sts>" if new else "<Sts>BOOK</Sts>"
    payments = "".join(_payment(part, new=new) for part in batch.parts)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{PREFIX}{version}">'
        f"<BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>N{batch.reference}</MsgId>"
        f"<CreDtTm>{day}T12:00:00</CreDtTm></GrpHdr><Ntfctn><Id>N{batch.reference}</Id>"
        f"<CreDtTm>{day}T12:00:00</CreDtTm><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"<Ntry>{_amount(batch.cents)}{status}<BookgDt><Dt>{day}</Dt></BookgDt>"
        f"<ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{escape(batch.reference)}</AcctSvcrRef>"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>"
        f"</BkTxCd><NtryDtls><Btch><NbOfTxs>{len(batch.parts)}</NbOfTxs></Btch>{payments}</NtryDtls>"
        "</Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>\n"
    ).encode()


def _amount(cents: int) -> str:
    written = f"{abs(cents) // 100}.{abs(cents) % 100:02d}"
    return (
        f'<Amt Ccy="EUR">{written}</Amt><CdtDbtInd>{"CRDT" if cents >= 0 else "DBIT"}</CdtDbtInd>'
    )


def _payment(move: Move, *, new: bool) -> str:
    name = f"<Nm>{escape(move.name)}</Nm>"
    party = f"<Dbtr><Pty>{name}</Pty></Dbtr>" if new else f"<Dbtr>{name}</Dbtr>"
    written = f"{abs(move.cents) // 100}.{abs(move.cents) % 100:02d}"
    amount = (
        _amount(move.cents)
        if new
        else f'<AmtDtls><TxAmt><Amt Ccy="EUR">{written}</Amt></TxAmt></AmtDtls>'
    )
    said = (
        "<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp>"
        f"<Ref>{move.structured}</Ref></CdtrRefInf></Strd>"
        if move.structured
        else f"<Ustrd>{escape(move.text)}</Ustrd>"
    )
    return (
        "<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
        f"{amount}<RltdPties>{party}</RltdPties><RmtInf>{said}</RmtInf></TxDtls>"
    )
