"""Writes camt.053.001.08 statements as banks send them, for tests, the demo story and benchmarks.

Independent of the product on purpose: it shares no line with the reader that it tries.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from xml.sax.saxutils import escape

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


@dataclass(frozen=True, kw_only=True)
class Move:
    """One movement; `cents` positive for money in. `parts` makes it a batch of payments."""

    cents: int
    reference: str
    """The bank's own reference of the entry."""
    name: str = ""
    iban: str = ""
    structured: str = ""
    """Creditor reference: `RF…` or the twelve digits of a Belgian one."""
    text: str = ""
    end_to_end_id: str = ""
    return_reason: str = ""
    status: str = "BOOK"
    parts: Sequence["Move"] = field(default_factory=tuple)


def camt053(
    *,
    iban: str,
    number: int,
    opening_cents: int,
    moves: Sequence[Move],
    day: date,
    closing_cents: int | None = None,
    currency: str = "EUR",
) -> bytes:
    """A schema-valid statement of one day; `closing_cents` may be given wrong on purpose."""
    booked = sum(move.cents for move in moves if move.status == "BOOK")
    closing = opening_cents + booked if closing_cents is None else closing_cents
    entries = "".join(_entry(move, day, currency) for move in moves)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="{NAMESPACE}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>{iban[-6:]}-{number}</MsgId><CreDtTm>{day}T23:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{day:%Y%m%d}-{number:05d}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>"
        f"<CreDtTm>{day}T23:00:00</CreDtTm>"
        f"<FrToDt><FrDtTm>{day}T00:00:00</FrDtTm><ToDtTm>{day}T23:59:59</ToDtTm></FrToDt>"
        f"<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>"
        f"{_balance('OPBD', opening_cents, day, currency)}"
        f"{_balance('CLBD', closing, day, currency)}"
        f"{entries}</Stmt></BkToCstmrStmt></Document>\n"
    ).encode()


def _amount(cents: int, currency: str) -> str:
    written = f"{abs(cents) // 100}.{abs(cents) % 100:02d}"
    return f'<Amt Ccy="{currency}">{written}</Amt>{_direction(cents)}'


def _direction(cents: int) -> str:
    return f"<CdtDbtInd>{'CRDT' if cents >= 0 else 'DBIT'}</CdtDbtInd>"


def _balance(code: str, cents: int, day: date, currency: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(cents, currency)}"
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _entry(move: Move, day: date, currency: str) -> str:
    details = "".join(_details(part, currency) for part in move.parts or [move])
    batch = f"<Btch><NbOfTxs>{len(move.parts)}</NbOfTxs></Btch>" if move.parts else ""
    return (
        f"<Ntry>{_amount(move.cents, currency)}<Sts><Cd>{move.status}</Cd></Sts>"
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
        f"<AcctSvcrRef>{escape(move.reference)}</AcctSvcrRef>"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>"
        f"</BkTxCd><NtryDtls>{batch}{details}</NtryDtls></Ntry>"
    )


def _details(move: Move, currency: str) -> str:
    side = "Dbtr" if move.cents >= 0 else "Cdtr"
    party = f"<{side}><Pty><Nm>{escape(move.name)}</Nm></Pty></{side}>" if move.name else ""
    account = f"<{side}Acct><Id><IBAN>{move.iban}</IBAN></Id></{side}Acct>" if move.iban else ""
    parties = f"<RltdPties>{party}{account}</RltdPties>" if party or account else ""
    issuer = "ISO" if move.structured.startswith("RF") else "BBA"
    structured = (
        "<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry>"
        f"<Issr>{issuer}</Issr></Tp><Ref>{escape(move.structured)}</Ref></CdtrRefInf></Strd>"
        if move.structured
        else ""
    )
    text = f"<Ustrd>{escape(move.text)}</Ustrd>" if move.text else ""
    remittance = f"<RmtInf>{text}{structured}</RmtInf>" if text or structured else ""
    returned = (
        f"<RtrInf><Rsn><Cd>{move.return_reason}</Cd></Rsn></RtrInf>" if move.return_reason else ""
    )
    return (
        f"<TxDtls><Refs><EndToEndId>{move.end_to_end_id or 'NOTPROVIDED'}</EndToEndId></Refs>"
        f"{_amount(move.cents, currency)}{parties}{remittance}{returned}</TxDtls>"
    )
