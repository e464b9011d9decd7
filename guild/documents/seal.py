"""The co-operative's seal on a PDF (PAdES, certifying, no change allowed after).

The seal proves that the file is the co-op's and unchanged. When it was set is what a time stamp
says (from B-T on), and what the transparency log proves. `verdict.py` judges what is made here.
"""

import asyncio
import datetime as dt
import logging
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from asn1crypto import crl, keys, pem, x509
from pyhanko.pdf_utils.embed import EmbeddedFileObject, EmbeddedFileParams, FileSpec, embed_file
from pyhanko.pdf_utils.generic import ArrayObject, NameObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers import pdf_signer as pyhanko_signer
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from guild.core.settings import Seal
from guild.documents import asn1
from guild.documents.errors import SheetRefused, StampUnavailable
from guild.documents.identity import SealIdentity
from guild.documents.schemas import Attachment
from guild.documents.stamping import stamper_of

PLAIN: Final = Seal(level="B-B")
"""A seal without a time stamp, for what needs no more."""
STAMP_LAST: Final = pyhanko_signer.DSSContentSettings(
    include_vri=False,
    next_ts_settings=pyhanko_signer.TimestampDSSContentSettings(
        include_vri=False, update_before_ts=True
    ),
)
"""All data that later verification needs comes before the last stamp, so that it covers them."""
# pyHanko warns of our not asking the network, which is what we want.
logging.getLogger("pyhanko.sign.signers.pdf_signer").setLevel(logging.ERROR)
asn1.mend()


class Sealer:
    """Holds the key and signs, at the level that the settings ask for.

    Make one per process; it has no state that changes.
    """

    def __init__(self, identity: SealIdentity, seal: Seal = PLAIN) -> None:
        root = certificate(identity.root_pem)
        _, _, key = pem.unarmor(identity.key_pem)
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register(root)
        self.identity = identity
        self.seal = seal
        self.signer = SimpleSigner(
            signing_cert=certificate(identity.cert_pem),
            signing_key=keys.PrivateKeyInfo.load(key),
            cert_registry=store,
        )

    def context(self, at: dt.datetime) -> ValidationContext:
        """What is embedded, so that the seal can be judged when nobody can be asked any more.

        Only a foreign authority's certificates are looked up on the network.
        """
        roots = [certificate(self.identity.root_pem)]
        if self.seal.stamp_url:
            roots.append(certificate(self.seal.stamp_root_pem))
        return ValidationContext(
            trust_roots=roots,
            crls=revocations(self.identity.crl_pem),
            allow_fetching=bool(self.seal.stamp_url),
            revocation_mode="soft-fail" if self.seal.stamp_url else "require",
            moment=None if self.seal.stamp_url else at,
        )


class _TimedSigner(PdfSigner):
    """A signer that takes the moment from its caller; pyHanko would read the local clock."""

    def __init__(self, *args: Any, at: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._at = at

    def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self._at.astimezone(dt.UTC)
        return session

    def register_extensions(self, pdf_out: BasePdfFileWriter, **_kwargs: Any) -> None:
        """Declares PAdES for PDF 1.7 only.

        pyHanko would add ISO/TS 32002 (elliptic curves), which declares PDF 2.0; PDF/A-3 is 1.7.
        """
        pdf_out.register_extension(ESIC_EXTENSION_1)


async def seal_pdf(
    pdf: bytes,
    sealer: Sealer,
    *,
    reason: str,
    at: dt.datetime,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """Seals a PDF/A-3 file, after embedding `attachments`; the result is still PDF/A-3.

    `reason` is shown by readers ("Contract C2026-0177, signed by both"). `at` is the sealing time.
    Takes 50 to 150 ms of CPU by level, in a thread. Raises `SheetRefused` when `pdf` is not a sound
    PDF or is sealed already, `StampUnavailable` when the authority does not answer.
    """
    try:
        return await asyncio.to_thread(asyncio.run, _seal(pdf, sealer, reason, at, attachments))
    except (TimestampRequestError, TimeoutError) as error:
        raise StampUnavailable(mend="It is asked again by itself.") from error
    except (PdfError, SigningError) as error:
        raise SheetRefused(f"This file cannot be sealed: {error}") from error


async def _seal(
    pdf: bytes, sealer: Sealer, reason: str, at: dt.datetime, attachments: Sequence[Attachment]
) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    for attachment in attachments:
        _embed(writer, attachment, at)
    level, lasting = sealer.seal.level, sealer.seal.level in {"B-LT", "B-LTA"}
    metadata = PdfSignatureMetadata(
        field_name="Seal",
        md_algorithm="sha256",
        reason=reason,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        embed_validation_info=lasting,
        use_pades_lta=level == "B-LTA",
        timestamp_field_name="Stamp" if level == "B-LTA" else None,
        validation_context=sealer.context(at) if lasting else None,
        dss_settings=STAMP_LAST,
    )
    stamper = None
    if level != "B-B":
        stamper = stamper_of(sealer.identity, sealer.seal.stamp_url, at)
    signer = _TimedSigner(metadata, signer=sealer.signer, timestamper=stamper, at=at)
    sealed = await signer.async_sign_pdf(writer)
    return bytes(sealed.getbuffer())


def _embed(writer: IncrementalPdfFileWriter, item: Attachment, at: dt.datetime) -> None:
    """Embeds a file as PDF/A-3 wants it. pyHanko's own way would make it a PDF 2.0."""
    stream = EmbeddedFileObject.from_file_data(
        writer,
        item.data,
        mime_type=item.media_type,
        params=EmbeddedFileParams(
            creation_date=at.astimezone(dt.UTC), modification_date=at.astimezone(dt.UTC)
        ),
    )
    spec = FileSpec(
        file_spec_string=item.name,
        file_name=item.name,
        embedded_data=stream,
        description=item.description,
    )
    embed_file(writer, spec)
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    reference = names.raw_get(len(names) - 1)
    reference.get_object()["/AFRelationship"] = NameObject("/" + item.relationship)
    if "/AF" not in writer.root:
        writer.root["/AF"] = ArrayObject()
    writer.root["/AF"].append(reference)
    writer.update_container(writer.root["/AF"])
    writer.update_root()  # type: ignore[no-untyped-call]


def certificate(text: bytes) -> x509.Certificate:
    """A certificate from its PEM text."""
    _, _, der = pem.unarmor(text)
    return x509.Certificate.load(der)


def revocations(text: bytes) -> list[crl.CertificateList]:
    """The list of revoked certificates of a PEM text; none of an empty one."""
    return [crl.CertificateList.load(pem.unarmor(text)[2])] if text else []
