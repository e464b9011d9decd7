"""The four levels of the seal: what each proves, for how long, and what an attacker tries."""

import asyncio
import datetime as dt
import shutil
import subprocess
from io import BytesIO

import pytest
from aiohttp import web
from asn1crypto import tsp
from msgspec.structs import replace
from pyhanko.pdf_utils.reader import PdfFileReader

from guild.core.settings import Seal
from guild.documents.errors import StampUnavailable
from guild.documents.identity import fingerprint_of, make_identity
from guild.documents.seal import Sealer, seal_pdf
from guild.documents.stamping import LocalTimeStamper
from guild.documents.verdict import Trusted, verify_seal
from tests.features.documents import samples
from tests.features.documents.test_seal import EVIDENCE, NOW, overlay

pytestmark = pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning")
LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")

SAID = {"capture_output": True, "text": True}


@pytest.fixture(scope="module")
def plain_pdf(press):
    return press.pdf(samples.order("contract"))


@pytest.fixture(scope="module")
def files(plain_pdf, identity):
    """One sealed file for each level."""

    def sealed(level):
        sealer = Sealer(identity, Seal(level=level))
        return asyncio.run(
            seal_pdf(plain_pdf, sealer, reason="Contract", at=NOW, attachments=(EVIDENCE,))
        )

    return {level: sealed(level) for level in LEVELS}


@pytest.fixture
def trusted(identity):
    return Trusted(root_pem=identity.root_pem, crl_pem=identity.crl_pem)


@pytest.mark.parametrize("level", LEVELS)
async def test_each_level_is_confirmed_and_named(files, trusted, level):
    report = await verify_seal(files[level], trusted)
    assert report.bottom_line, report
    assert report.level == level
    assert report.coverage
    if level == "B-B":
        assert report.stamped_at is None
    else:
        assert report.stamped_at == NOW
        assert "Local time stamps" in report.stamped_by


@pytest.mark.parametrize("level", LEVELS)
async def test_the_overlay_is_named_at_each_level(files, trusted, level):
    report = await verify_seal(overlay(files[level]), trusted)
    assert (report.bottom_line, report.fault) == (False, "appended")


@pytest.mark.parametrize("level", LEVELS[1:])
async def test_flips_cuts_and_additions_are_never_confirmed(files, trusted, level):
    """What B-LT adds after the seal is under no signature; that the log knows other bytes tells."""
    pdf = files[level]
    seal = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures[0]
    end = len(pdf) if level == "B-LTA" else seal.byte_range[2] + seal.byte_range[3]
    for position in range(0, end, end // 9):
        broken = bytearray(pdf)
        broken[position] ^= 0x80
        report = await verify_seal(bytes(broken), trusted)
        padding = pdf[position - 40 : position + 40].strip(b"0") == b""
        assert not report.bottom_line or padding, position
    for cut in (pdf[:-10], pdf[: len(pdf) // 2], pdf + b"\n"):
        assert not (await verify_seal(cut, trusted)).bottom_line


async def test_a_cut_back_to_the_first_revision_is_a_lower_level_not_a_forgery(files, trusted):
    """Without its stamp the file is still sealed; only our log knows that it was longer."""
    reader = PdfFileReader(BytesIO(files["B-LTA"]))
    stamp = reader.embedded_regular_signatures[0]
    end = stamp.byte_range[2] + stamp.byte_range[3]
    report = await verify_seal(files["B-LTA"][:end], trusted)
    assert report.bottom_line
    assert report.level == "B-T"


async def test_a_stamp_of_somebody_else_proves_nothing(plain_pdf, identity, trusted):
    other = make_identity("Other", now=NOW)
    mixed = replace(
        identity, stamp_key_pem=other.stamp_key_pem, stamp_cert_pem=other.stamp_cert_pem
    )
    pdf = await seal_pdf(plain_pdf, Sealer(mixed, Seal(level="B-T")), reason="C", at=NOW)
    report = await verify_seal(pdf, trusted)
    assert not report.bottom_line


@pytest.mark.parametrize(("level", "holds"), [("B-B", False), ("B-T", True), ("B-LTA", True)])
async def test_a_stamped_seal_outlives_its_certificate(files, trusted, level, holds):
    later = NOW + dt.timedelta(days=12 * 366)
    report = await verify_seal(files[level], trusted, at=later)
    assert report.bottom_line is holds


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="poppler's pdfsig is not installed")
@pytest.mark.parametrize("level", LEVELS)
def test_poppler_agrees(files, tmp_path, level):
    path = tmp_path / "sealed.pdf"
    path.write_bytes(files[level])
    said = subprocess.run(["pdfsig", "-nocert", path], check=False, **SAID).stdout
    assert "Signature is Valid" in said
    # With further revisions poppler says so; the verdict of the house is about all of the file.
    assert ("Total document signed" in said) is (level != "B-LT")


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
@pytest.mark.parametrize("level", LEVELS)
def test_openssl_agrees_on_the_seal_and_on_the_stamp(files, identity, tmp_path, level):
    seal = PdfFileReader(BytesIO(files[level])).embedded_regular_signatures[0]
    start, first, second, length = seal.byte_range
    pdf = files[level]
    for name, content in [
        ("signed", pdf[start : start + first] + pdf[second : second + length]),
        ("seal.der", seal.pkcs7_content), ("root.pem", identity.root_pem),
        ("crl.pem", identity.crl_pem),
    ]:  # fmt: skip
        (tmp_path / name).write_bytes(content)
    ask(
        tmp_path, "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "seal.der",
        "-content", "signed", "-CAfile", "root.pem", "-purpose", "any", "-out", "out",
    )  # fmt: skip
    ask(tmp_path, "crl", "-in", "crl.pem", "-CAfile", "root.pem", "-noout", "-verify")
    unsigned = seal.signer_info["unsigned_attrs"]
    tokens = [a for a in unsigned if a["type"].native == "signature_time_stamp_token"]
    assert bool(tokens) is (level != "B-B")
    if tokens:
        token = tokens[0]["values"][0]
        (tmp_path / "token.der").write_bytes(token.dump())
        (tmp_path / "stamped").write_bytes(seal.signer_info["signature"].native)
        ask(
            tmp_path, "ts", "-verify", "-data", "stamped", "-in", "token.der", "-token_in",
            "-CAfile", "root.pem",
        )  # fmt: skip


def ask(folder, *words):
    said = subprocess.run(["openssl", *words], cwd=folder, check=False, **SAID)
    assert said.returncode == 0, said.stderr


async def test_an_authority_over_http(plain_pdf, identity):
    """A foreign authority answers over the wire; its root is trusted for stamps only."""
    foreign = make_identity("Time & Co", now=NOW)
    asked = []

    async def answer(request):
        asked.append(tsp.TimeStampReq.load(await request.read()))
        stamper = LocalTimeStamper(foreign, NOW)
        reply = await stamper.async_request_tsa_response(asked[-1])
        return web.Response(body=reply.dump(), content_type="application/timestamp-reply")

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    url = f"http://127.0.0.1:{port}/"
    try:
        settings = Seal(level="B-T", stamp_url=url, stamp_root_pem=foreign.root_pem)
        pdf = await seal_pdf(plain_pdf, Sealer(identity, settings), reason="C", at=NOW)
    finally:
        await runner.cleanup()
    assert asked
    both = Trusted(root_pem=identity.root_pem, stamp_root_pem=foreign.root_pem)
    report = await verify_seal(pdf, both)
    assert report.bottom_line
    assert "Time & Co" in report.stamped_by
    assert not (await verify_seal(pdf, Trusted(root_pem=identity.root_pem))).bottom_line
    forged = await seal_pdf(plain_pdf, Sealer(foreign), reason="C", at=NOW)
    assert (await verify_seal(forged, both)).fault == "foreign"
    with pytest.raises(StampUnavailable):  # it has gone home
        await seal_pdf(plain_pdf, Sealer(identity, settings), reason="C", at=NOW)


def test_fingerprints_are_those_of_openssl(identity, tmp_path):
    assert len(fingerprint_of(identity.root_pem)) == 64
    if shutil.which("openssl"):
        path = tmp_path / "root.pem"
        path.write_bytes(identity.root_pem)
        words = ["openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha256"]
        said = subprocess.run(words, check=False, **SAID).stdout
        assert said.partition("=")[2].strip().replace(":", "").lower() == fingerprint_of(
            identity.root_pem
        )
