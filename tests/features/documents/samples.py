"""Plainly fictional sheets, for the tests and for the measurements in `bench/pdf.py`.

The people, companies, numbers and accounts are made up; the check digits are right so that the forms hold.
"""

# ruff: noqa: E501, ISC004 -- sample texts are long and set with care

import datetime as dt
from decimal import Decimal
from itertools import cycle, islice

import msgspec

from guild.contracts.sheets import (
    Certificate,
    Clause,
    ContractSheet,
    MilestoneRow,
    PasskeyProof,
    Protection,
    SignatureEvidence,
    Signer,
)
from guild.documents.layout import render_html
from guild.documents.schemas import Addressee, Attachment, Letterhead, PrintOrder
from guild.invoicing.sheets import (
    Corrects,
    InvoiceLine,
    InvoiceShare,
    InvoiceSheet,
    Payment,
    Prepayment,
    VatRow,
)
from guild.treasury.sheets import JournalMove, PaidInvoice, PayoutShare, PayoutSheet, YearRow

CREATED = dt.datetime(2026, 11, 22, 10, 30, tzinfo=dt.UTC)

SELLER = Letterhead(
    name="Linden Guild cv",
    address=("Voorbeeldstraat 66", "1000 Brussels"),
    country="BE",
    vat_number="BE 0123.456.749",
    register="RPR Brussels",
    email="accounts@linden-guild.example",
)
PUBLISHER = Addressee(
    name="Example & Daughters Publishing nv",
    address=("Attn. Ms Inez Proefdruk", "Kartonkaai 12, box 4", "9000 Ghent"),
    country="BE",
)


def _line(text: str, detail: str, quantity: str, unit: str, price: str, bps: int) -> InvoiceLine:
    net = Decimal(quantity) * Decimal(price) * 100
    return InvoiceLine(
        text=text,
        detail=detail,
        quantity=Decimal(quantity),
        unit=unit,
        unit_price=Decimal(price),
        vat_milli=bps * 10,
        net_minor=int(net),
    )


LINES = (
    _line(
        "Editorial design, autumn catalogue",
        "Grid, styles and 48 inside pages; two rounds of correction",
        "24",
        "HUR",
        "80",
        2100,
    ),
    _line("Typesetting and proofs", "", "12.5", "HUR", "72", 2100),
    _line("Printed reader’s copies", "Sewn, 128 pages", "40", "C62", "9.5", 600),
    _line(
        "Licence for twelve drawings",
        "Print and web, Benelux, three years",
        "12",
        "C62",
        "45",
        600,
    ),
    _line(
        "Training day on accessible PDF", "2 November 2026, at your office", "1", "DAY", "620", 0
    ),
)


def invoice() -> InvoiceSheet:
    """Five lines, three rates, a deposit, a Belgian reference."""
    return InvoiceSheet(
        kind="invoice",
        lang="en",
        number="2026-0417",
        currency="EUR",
        seller=SELLER,
        to=PUBLISHER,
        issued_on=dt.date(2026, 11, 22),
        due_on=dt.date(2026, 12, 22),
        delivered_from=dt.date(2026, 11, 2),
        delivered_to=dt.date(2026, 11, 20),
        buyer_reference="PO 88-1402",
        buyer_vat_number="BE 0987.654.394",
        contract_number="C2026-0151",
        worker="Ada Voorbeeld",
        lines=LINES,
        net_minor=436000,
        vat=(
            VatRow(category="S", rate_milli=21000, base_minor=282000, tax_minor=59220, reason=""),
            VatRow(category="S", rate_milli=6000, base_minor=92000, tax_minor=5520, reason=""),
            VatRow(
                category="E",
                rate_milli=0,
                base_minor=62000,
                tax_minor=0,
                reason="Exempt: Article 44 § 2 VAT Code (education)",
            ),
        ),
        tax_minor=64740,
        gross_minor=500740,
        prepaid=(Prepayment(received_on=dt.date(2026, 11, 3), minor=50000),),
        due_minor=450740,
        payment=Payment(
            beneficiary="Linden Guild cv",
            iban="BE68539007547034",
            bic="GKCCBEBB",
            reference="+++000/9093/37513+++",
        ),
        corrects=None,
        strong_mention="",
        mentions=(
            "Late payment: interest and a fixed sum of € 40 as in the Act of 2 August 2002.",
        ),
        shares=(
            InvoiceShare(code="member", rate_bps=None, minor=407660),
            InvoiceShare(code="fund_operations", rate_bps=195, minor=8502),
            InvoiceShare(code="fund_sickness", rate_bps=228, minor=9919),
            InvoiceShare(code="fund_guarantee", rate_bps=163, minor=7085),
            InvoiceShare(code="fund_solidarity", rate_bps=65, minor=2834),
            InvoiceShare(code="vat", rate_bps=None, minor=64740),
        ),
        with_data=True,
    )


def long_invoice(lines: int = 60) -> InvoiceSheet:
    """Several pages, in French, with running totals carried forward."""
    rows = tuple(islice(cycle(LINES[:2]), lines))
    net = sum(row.net_minor for row in rows)
    tax = net * 21 // 100
    return msgspec.structs.replace(
        invoice(),
        lang="fr",
        lines=rows,
        net_minor=net,
        vat=(VatRow(category="S", rate_milli=21000, base_minor=net, tax_minor=tax, reason=""),),
        tax_minor=tax,
        gross_minor=net + tax,
        prepaid=(),
        due_minor=net + tax,
        mentions=("Intérêts de retard et indemnité de 40 € selon la loi du 2 août 2002.",),
        shares=(
            InvoiceShare(code="member", rate_bps=None, minor=net - net * 65 // 1000),
            InvoiceShare(code="levy", rate_bps=650, minor=net * 65 // 1000),
            InvoiceShare(code="vat", rate_bps=None, minor=tax),
        ),
    )


def credit_note() -> InvoiceSheet:
    """A German correction with reverse charge, deducted from what is open."""
    lines = (
        _line(
            "Übersetzung der Geschäftsbedingungen für Binnenschifffahrtsversicherungen",
            "Berechnet waren 14 200 Wörter, geliefert 11 950",
            "2250",
            "WRD",
            "0.19",
            0,
        ),
        _line(
            "Terminologieabgleich mit Rechtsschutzversicherungsbestimmungen",
            "Nicht erbracht, in beiderseitigem Einvernehmen",
            "6.5",
            "HUR",
            "82",
            0,
        ),
    )
    return msgspec.structs.replace(
        invoice(),
        kind="credit_note",
        lang="de",
        number="G2026-0012",
        to=Addressee(
            name="Donaudampfschifffahrtsgesellschaft Musterhafen mbH",
            address=("Abteilung Rechnungsprüfung", "Beispielufer 1a", "94032 Musterhafen"),
            country="DE",
        ),
        buyer_reference="DDG-4471",
        buyer_vat_number="DE 123456788",
        worker="Jana Mustermann",
        lines=lines,
        net_minor=96050,
        vat=(
            VatRow(
                category="AE",
                rate_milli=0,
                base_minor=96050,
                tax_minor=0,
                reason="Steuerschuldnerschaft des Leistungsempfängers",
            ),
        ),
        tax_minor=0,
        gross_minor=96050,
        prepaid=(),
        due_minor=96050,
        payment=None,
        corrects=Corrects(
            number="2026-0388",
            issued_on=dt.date(2026, 10, 19),
            settlement="deducted",
            open_minor=130950,
            open_due_on=dt.date(2026, 12, 18),
        ),
        strong_mention="Steuerschuldnerschaft des Leistungsempfängers",
        mentions=("Artikel 44 und 196 der Richtlinie 2006/112/EG.",),
        shares=(
            InvoiceShare(code="member", rate_bps=None, minor=89807),
            InvoiceShare(code="levy", rate_bps=650, minor=6243),
        ),
    )


def _evidence(name: str, email: str, hour: int, proof: str, leaf: int) -> SignatureEvidence:
    at = dt.datetime(2026, 11, 24, hour, 42, 18, tzinfo=dt.UTC)
    client = proof == "email_code"
    return SignatureEvidence(
        typed_name=name,
        email=email,
        signed_at=at,
        identified="link" if client else "signed_in",
        identified_at=at - dt.timedelta(minutes=11),
        proof="email_code" if client else "passkey",
        proof_at=at - dt.timedelta(minutes=2),
        proof_tries=1,
        origin="203.0.113.24 · Firefox on Linux" if client else "198.51.100.7 · Safari on iOS",
        consent_text=(
            "I have read this contract. I may sign for the company named. "
            "My typed name is my signature."
        ),
        consent_version=3,
        log_index=leaf,
        level="simple" if client else "advanced",
        manifest_sha256="" if client else "5c" * 32,
        passkey=None
        if client
        else PasskeyProof(credential_id="q9Jv0c4YkT7wXr2m", public_key="pQECAyYgASFYIKj2-hoayC5J"),
    )


def offer() -> ContractSheet:
    """An offer that awaits its answer: nobody has signed."""
    return ContractSheet(
        lang="en",
        number="C2026-0177",
        title="Spring catalogue of Example & Daughters",
        currency="EUR",
        seller=SELLER,
        to=PUBLISHER,
        client_name="Example & Daughters Publishing nv",
        client_vat_number="BE 0987.654.394",
        member_name="Ada Voorbeeld",
        net_minor=620000,
        finish_on=dt.date(2027, 2, 26),
        answer_by=dt.date(2026, 12, 4),
        payment_term_days=30,
        law_country="BE",
        guaranteed=True,
        summary=(
            "Ada Voorbeeld designs the spring catalogue: 128 pages, in print and as accessible PDF.",
            "You pay €6,200.00 plus VAT in four parts, each after you have accepted what was "
            "delivered.",
            "Rights pass to you with each payment. Either of us may stop early, against payment of "
            "the work done.",
        ),
        milestones=tuple(
            MilestoneRow(title=title, detail=detail, due_on=day, net_minor=minor)
            for title, detail, day, minor in (
                (
                    "Grid, typefaces and two sample sections",
                    "PDF, and one meeting in Ghent",
                    dt.date(2026, 12, 18),
                    155000,
                ),
                (
                    "First proof of all pages",
                    "Text final from you by 8 January 2027",
                    dt.date(2027, 1, 22),
                    186000,
                ),
                (
                    "Second proof with corrections",
                    "Up to 200 corrections; one round",
                    dt.date(2027, 2, 12),
                    155000,
                ),
                (
                    "Files for print, accessible PDF, open files",
                    "PDF/X-4, PDF/UA-1",
                    dt.date(2027, 2, 26),
                    124000,
                ),
            )
        ),
        clauses=tuple(
            Clause(heading=heading, text=text, plain=note)
            for heading, text, note in (
                (
                    "The work",
                    "The member delivers what the milestones describe, in person and with her own "
                    "tools. She decides how, where and when she works. Work that no milestone "
                    "names is extra work under clause 5.",
                    "Ada is not your employee. What is not in the table is not included.",
                ),
                (
                    "Acceptance",
                    "The client accepts each milestone, or says in writing what departs from its "
                    "description, within 14 days of delivery. After 14 days without a word the "
                    "milestone counts as accepted. The member mends departures without charge.",
                    "You have two weeks to look. Silence is a yes.",
                ),
                (
                    "Price and payment",
                    "Each accepted milestone is invoiced by the co-op. The invoice is due 30 days "
                    "after its receipt. The prices exclude VAT and include all costs except travel "
                    "outside Belgium, which the client approves beforehand.",
                    "The co-op invoices, not Ada. Thirty days, no surprises.",
                ),
                (
                    "Late payment",
                    "From the day after the due date the client owes the statutory interest and "
                    "the fixed sum of €40. When an invoice stays unpaid 15 days after a reminder, "
                    "the member may suspend the work; the dates move by as many days.",
                    "Pay late and the law adds interest. Ada may then pause.",
                ),
                (
                    "Changes",
                    "Either party may ask for a change. It binds when both have signed an amendment "
                    "that states its price and its effect on the dates. A third round of "
                    "corrections is a change.",
                    "New wishes are welcome: first the price, then the work.",
                ),
                (
                    "Rights",
                    "With the payment of a milestone the client receives the exclusive right to "
                    "reproduce and distribute its result, in print and online, in all languages, "
                    "for the legal term of protection. The member may show it as hers once "
                    "published.",
                    "You pay, you publish. Ada may put it in her portfolio.",
                ),
                (
                    "Confidence",
                    "Each party keeps to itself what the other marks as confidential, for three "
                    "years after the last delivery. This does not hinder a member in seeking "
                    "advice from the co-op, the union or a lawyer.",
                    "Secrets stay secret. Asking for advice is always allowed.",
                ),
                (
                    "Ending early",
                    "Either party may end the contract with 14 days’ notice in writing. The client "
                    "pays accepted milestones in full and work in progress in proportion.",
                    "Stopping is possible. Work done is paid.",
                ),
                (
                    "Disagreement",
                    "The parties first write to the ombudsperson of the co-op, who answers within "
                    "14 days and proposes a settlement. Undisputed parts of an invoice stay "
                    "payable. The courts of Brussels remain open to both.",
                    "Talk first, for free. Court stays possible.",
                ),
            )
        ),
        protections=tuple(
            Protection(heading=heading, text=text, source=source)
            for heading, text, source in (
                (
                    "Paid within 60 days at most",
                    "No term beyond 60 days can be agreed between businesses.",
                    "Act of 2 August 2002, article 4",
                ),
                (
                    "Interest and €40 when paid late",
                    "They are due without a reminder.",
                    "Same Act, articles 5 and 6",
                ),
                (
                    "Unfair terms do not bind",
                    "A term that creates a clear imbalance between the parties is void.",
                    "Code of Economic Law, articles VI.91/1 to 91/10",
                ),
                (
                    "The author stays the author",
                    "Rights pass only in writing and only as far as written.",
                    "Code of Economic Law, articles XI.165 and XI.167",
                ),
            )
        ),
        signers=(
            Signer(
                side="client",
                name="Inez Proefdruk",
                role="Publisher, may sign for Example & Daughters Publishing nv",
                evidence=None,
            ),
            Signer(
                side="member",
                name="Ada Voorbeeld",
                role="Member of Linden Guild cv",
                evidence=None,
            ),
        ),
        certificate=None,
    )


def contract() -> ContractSheet:
    """The same contract, signed by both, with its certificate."""
    base = offer()
    client, member = base.signers
    return msgspec.structs.replace(
        base,
        answer_by=None,
        signers=(
            msgspec.structs.replace(
                client,
                evidence=_evidence(
                    "Inez Proefdruk",
                    "i.proefdruk@example-daughters.example",
                    9,
                    "email_code",
                    418207,
                ),
            ),
            msgspec.structs.replace(
                member,
                evidence=_evidence(
                    "Ada Voorbeeld", "ada@linden-guild.example", 13, "passkey", 418231
                ),
            ),
        ),
        certificate=Certificate(
            shown_sha256="93a1bb541e4e2f181636d3e47bf604d4689886080de645f5507cc0cfa9080165",
            manifest_sha256="05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f",
            terms_name="Design and text",
            terms_version=5,
            log_url="linden-guild.example/log",
            log_size=418240,
            log_root="4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2",
            checkpoint_at=dt.datetime(2026, 11, 24, 14, 10, tzinfo=dt.UTC),
            witnesses=3,
            verify_url="linden-guild.example/verify",
        ),
    )


def payout() -> PayoutSheet:
    """One invoice of 1 000 euro net, under the founding levy of 6.5 %."""
    shares = (
        ("member", 9350, 93500, "4.1"),
        ("fund_operations", 195, 1950, "4.2"),
        ("fund_guarantee", 163, 1625, "4.3"),
        ("fund_sickness", 227, 2275, "4.4"),
        ("fund_solidarity", 65, 650, "4.5"),
    )
    moves = (
        (dt.date(2026, 11, 9), "invoice_issued", "2026-0402", "J-18211", None, None, 0),
        (dt.date(2026, 12, 11), "client_paid", "Proef & Zoon bv", "J-18874", 121000, None, 121000),
        (dt.date(2026, 12, 11), "vat_set_aside", "", "J-18874", None, 21000, 100000),
        (dt.date(2026, 12, 11), "shares_taken", "", "J-18875", None, 6500, 93500),
        (dt.date(2026, 12, 14), "paid_out", "BE71 •••• 6769", "J-18902", None, 93500, 0),
    )
    year = (
        (dt.date(2026, 1, 1), dt.date(2026, 3, 31), 612000, 39780, 572220),
        (dt.date(2026, 4, 1), dt.date(2026, 6, 30), 748050, 48623, 699427),
        (dt.date(2026, 7, 1), dt.date(2026, 9, 30), 389000, 25285, 363715),
        (dt.date(2026, 10, 1), dt.date(2026, 12, 14), 669000, 43485, 625515),
        (dt.date(2026, 1, 1), dt.date(2026, 12, 14), 2418050, 157173, 2260877),
    )
    return PayoutSheet(
        lang="en",
        number="P2026-0219",
        currency="EUR",
        seller=SELLER,
        to=Addressee(
            name="Ada Voorbeeld", address=("Loodletterlaan 8", "2000 Antwerp"), country="BE"
        ),
        paid_on=dt.date(2026, 12, 14),
        iban_masked="BE71 •••• 6769",
        paid_minor=93500,
        whole_minor=100000,
        vat_minor=21000,
        charter_version=7,
        approvals=2,
        invoices=(
            PaidInvoice(
                number="2026-0402",
                client="Proef & Zoon bv",
                client_paid_on=dt.date(2026, 12, 11),
                advanced=False,
                net_minor=100000,
            ),
        ),
        shares=tuple(
            PayoutShare(
                code=code,  # type: ignore[arg-type]
                rate_bps=bps,
                minor=minor,
                article=article,
                decided_on=None if code == "member" else dt.date(2026, 3, 14),
                rule_url=f"https://linden-guild.example/charter/7#{article}",
            )
            for code, bps, minor, article in shares
        ),
        moves=tuple(
            JournalMove(
                on=on,
                kind=kind,  # type: ignore[arg-type]
                subject=subject,
                entry=entry,
                in_minor=came,
                out_minor=went,
                left_minor=left,
            )
            for on, kind, subject, entry, came, went, left in moves
        ),
        year=tuple(
            YearRow(first=a, last=b, invoiced_minor=i, shares_minor=s, paid_minor=p)
            for a, b, i, s, p in year
        ),
        object_until=dt.date(2026, 12, 28),
    )


FACTURX_XML = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<fictional>stands for the CrossIndustryInvoice that the invoicing tests validate</fictional>\n"
)
SHEETS = {
    "invoice": ("invoicing/invoice_print.html", invoice),
    "invoice-long": ("invoicing/invoice_print.html", long_invoice),
    "credit-note": ("invoicing/invoice_print.html", credit_note),
    "contract-offer": ("contracts/contract_print.html", offer),
    "contract": ("contracts/contract_print.html", contract),
    "payout": ("treasury/payout_print.html", payout),
}


def order(name: str, lang: str | None = None) -> PrintOrder:
    """The print order of a sample sheet, in its own or another language."""
    template, make = SHEETS[name]
    sheet = make()
    if lang:
        sheet = msgspec.structs.replace(sheet, lang=lang)
    with_data = bool(getattr(sheet, "with_data", False))
    return PrintOrder(
        html=render_html(template, {"sheet": sheet}),
        lang=sheet.lang,
        created=CREATED,
        attachments=(
            Attachment(
                name="factur-x.xml",
                data=FACTURX_XML,
                media_type="text/xml",
                description="Factur-X invoice",
                relationship="Alternative",
            ),
        )
        if with_data
        else (),
        facturx_profile="EN 16931" if with_data else "",
    )
