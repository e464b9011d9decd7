"""The mail that brings an invoice: short, in the client's language, with her personal link."""

from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from guild.core.ids import MailId
from guild.core.mail import send_mail
from guild.core.pages import long_date, money_text
from guild.core.work import Work
from guild.invoicing.commands.printing import language_of
from guild.invoicing.queries.documents import Stored

FILE: Final = Path(__file__).parent.parent / "templates" / "mails.json"
LINES: Final = {"invoice": "due", "credit_note": "credited", "proforma": "would"}
"""Which line says the amount, by kind."""


@cache
def _words() -> dict[str, dict[str, str]]:
    """Language → name of the sentence → the sentence."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, dict[str, str]])


def mail_document(
    work: Work, stored: Stored, *, token: str, reference: str, to: str = ""
) -> MailId:
    """Tell the client's contact, at `to` if that is given; only this mail holds the token."""
    frozen = stored.frozen
    lang = language_of(frozen.language)
    words = _words()[lang]
    coop = work.settings.coop.name
    line = words[LINES[frozen.kind]]
    body = words["proforma_text" if frozen.kind == "proforma" else "text"]
    amount = line.format(
        total=money_text(frozen.payable_minor, frozen.currency, lang),
        due=long_date(frozen.due_on, lang),
        reference=reference,
    )
    return send_mail(
        work,
        to=to or stored.contact_email,
        subject=words[frozen.kind].format(number=frozen.number, coop=coop, title=stored.title),
        text=body.format(
            contact=stored.contact_name,
            worker=stored.member_name,
            title=stored.title,
            amount=amount,
            link=f"{work.settings.base_url}/i/{token}",
        ),
        reason=words["reason"].format(coop=coop, contract=frozen.contract_number),
        lang=lang,
    )
