"""The seal: what holds, and what an attacker tries."""

import asyncio
import datetime as dt
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pikepdf
import pytest
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from guild.documents.errors import SheetRefused
from guild.documents.identity import make_development_identity, make_identity
from guild.documents.schemas import Attachment
from guild.documents.seal import Sealer, seal_pdf
from guild.documents.verdict import verify_seal
from tests.features.documents import samples

pytestmark = pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning")
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
EVIDENCE = Attachment(
    name="evidence.json",
    data=b'{"fictional": true}',
    media_type="application/json",
    description="What was recorded at the signature",
    relationship="Data",
)


@pytest.fixture(scope="module")
def plain_pdf(press):
    return press.pdf(samples.order("contract"))


@pytest.fixture(scope="module")
def sealed(plain_pdf, sealer):
    return asyncio.run(
        seal_pdf(plain_pdf, sealer, reason="Contract", at=NOW, attachments=(EVIDENCE,))
    )


def overlay(pdf):
    """The overlay attack: an incremental update that draws another amount over the page."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    drawing = b"q 1 1 1 rg 60 640 200 40 re f Q BT /F0 30 Tf 60 650 Td (9 999) Tj ET"
    content = writer.add_object(StreamObject(stream_data=drawing))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/Contents"] = content
    writer.mark_update(page.container_ref)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


async def test_a_sealed_file_is_confirmed(sealed, identity):
    report = await verify_seal(sealed, identity.root_pem)
    assert report.bottom_line
    assert report.fault == ""
    assert report.coverage
    assert report.modification == "NONE"
    assert report.sealed_at == NOW
    assert "Linden Guild cv Seal" in report.signer


async def test_the_seal_carries_its_attachments_and_stays_pdf_1_7(sealed):
    with pikepdf.open(BytesIO(sealed)) as pdf:
        assert pdf.attachments["evidence.json"].get_file().read_bytes() == EVIDENCE.data
        assert [str(item.AFRelationship) for item in pdf.Root.AF] == ["/Data"]
        assert str(pdf.Root.get("/Version", "/1.7")) == "/1.7"
        field = pdf.Root.AcroForm.Fields[0]
        assert str(field.V.SubFilter) == "/ETSI.CAdES.detached"
        assert pdf.Root.Perms.DocMDP.Reference[0].TransformParams.P == 1


async def test_sealing_changes_no_byte_of_the_document(plain_pdf, sealed):
    assert sealed.startswith(plain_pdf)


async def test_the_overlay_attack_is_named(sealed, identity):
    report = await verify_seal(overlay(sealed), identity.root_pem)
    assert not report.bottom_line
    assert report.fault == "appended"
    assert not report.coverage


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
async def test_a_flipped_byte_is_never_confirmed(plain_pdf, sealed, identity, share):
    broken = bytearray(sealed)
    broken[int(len(plain_pdf) * share)] ^= 0x01
    report = await verify_seal(bytes(broken), identity.root_pem)
    assert not report.bottom_line
    assert report.fault == "altered"


async def test_flips_all_over_the_file_are_never_confirmed_and_never_raise(sealed, identity):
    hexed = sealed.index(b"/Contents <"), sealed.index(b">", sealed.index(b"/Contents <"))
    for position in range(0, len(sealed), len(sealed) // 97):
        broken = bytearray(sealed)
        broken[position] ^= 0x80
        report = await verify_seal(bytes(broken), identity.root_pem)
        # The padding behind the signature is the one place that means nothing.
        assert not report.bottom_line or hexed[0] < position < hexed[1]


async def test_one_more_byte_is_noticed(sealed, identity):
    report = await verify_seal(sealed + b"\n", identity.root_pem)
    assert not report.bottom_line
    assert report.fault == "appended"


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.95, 0.999])
async def test_truncation_is_named(sealed, identity, keep):
    report = await verify_seal(sealed[: int(len(sealed) * keep)], identity.root_pem)
    assert not report.bottom_line
    assert report.fault in {"truncated", "unsealed"}


async def test_cutting_the_seal_off_leaves_an_unsealed_file(plain_pdf, identity):
    assert (await verify_seal(plain_pdf, identity.root_pem)).fault == "unsealed"


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7", b"<html>", b"%PDF-1.7\n%%EOF", b"\x00" * 5000])
async def test_junk_is_refused_without_an_exception(identity, junk):
    report = await verify_seal(junk, identity.root_pem)
    assert not report.bottom_line
    assert report.fault in {"unreadable", "truncated"}


async def test_a_seal_of_somebody_else_is_foreign(plain_pdf, identity):
    other = Sealer(make_identity("Linden Guild cv", now=NOW))
    forged = await seal_pdf(plain_pdf, other, reason="Contract", at=NOW)
    report = await verify_seal(forged, identity.root_pem)
    assert not report.bottom_line
    assert report.fault == "foreign"


async def test_a_second_seal_over_the_first_is_not_accepted(sealed, sealer):
    with pytest.raises(SheetRefused):
        await seal_pdf(sealed, sealer, reason="Again", at=NOW)


async def test_certificates_are_judged_at_the_moment_asked_for(sealed, identity):
    after = NOW + dt.timedelta(days=11 * 366)
    report = await verify_seal(sealed, identity.root_pem, at=after)
    assert not report.bottom_line


async def test_what_is_no_pdf_cannot_be_sealed(sealer):
    with pytest.raises(SheetRefused):
        await seal_pdf(b"not a pdf", sealer, reason="x", at=NOW)


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="poppler is absent")
async def test_poppler_agrees(sealed, tmp_path):
    def pdfsig(data):
        path = tmp_path / "sealed.pdf"
        path.write_bytes(data)
        run = subprocess.run(
            ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False
        )
        return run.stdout

    assert "Signature is Valid" in pdfsig(sealed)
    assert "Total document signed" in pdfsig(sealed)
    # Poppler still calls the overlaid file's signature valid: only its other line tells.
    assert "Not total document signed" in pdfsig(overlay(sealed))
    flipped = bytearray(sealed)
    flipped[2000] ^= 1
    assert "Signature is Valid" not in pdfsig(bytes(flipped))


def test_the_development_identity_is_made_once(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: make_development_identity(tmp_path / "var"), range(8)))
    assert len({item.key_pem for item in made}) == 1
    (path,) = (tmp_path / "var").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert Sealer(made[0])
