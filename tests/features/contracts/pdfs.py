"""Small PDFs, well made and badly made, for the tests of clients' own papers."""

import io

import pikepdf
from pypdf import PdfReader, PdfWriter

NASTY = (
    "Services agreement between the Client and the Freelancer.",
    "The Client shall pay each invoice within 60 days of its receipt.",
    "The Freelancer accepts unlimited liability for all damage of the Client and of others.",
    "All intellectual property rights pass to the Client upon creation of the work.",
    "The Freelancer shall not work for competitors of the Client for two years.",
    "A first trial task of two days is unpaid.",
    "The Client may change the scope of this agreement at any moment.",
    "The agreement is renewed automatically for one year.",
)
CLEAN = (
    "Agreement between the Client and the Freelancer about twelve drawings for a catalogue.",
    "The Client pays each invoice within 30 days. The price is one thousand euro before VAT.",
    "The rights of use pass to the Client on full payment. The Freelancer stays the author.",
    "Either side may end the agreement with notice of ten days; work done is paid.",
    "Changes need the agreement of both sides in writing, and the law of Belgium governs it.",
)


def pdf_of(lines, pages: int = 1) -> bytes:
    """A PDF with these lines on its first page and empty pages after it."""
    shown = "".join(f"({line}) Tj T* ".replace("’", "'") for line in lines)
    content = f"BT /F1 11 Tf 14 TL 50 780 Td {shown}ET".encode("latin-1")
    made = pikepdf.new()
    font = made.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1,
                           BaseFont=pikepdf.Name.Helvetica)
    )  # fmt: skip
    for number in range(pages):
        page = made.add_blank_page(page_size=(595, 842))
        if number == 0:
            page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
            page.Contents = made.make_stream(content)
    out = io.BytesIO()
    made.save(out, deterministic_id=True)
    return out.getvalue()


def locked(content: bytes) -> bytes:
    """The same file behind a password."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt("secret", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def scripted(content: bytes) -> bytes:
    """The same file with a script that runs when it is opened."""
    made = pikepdf.open(io.BytesIO(content))
    made.Root.OpenAction = made.make_indirect(
        pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
    )
    out = io.BytesIO()
    made.save(out, deterministic_id=True)
    return out.getvalue()
