"""Time stamps (RFC 3161): from an authority over HTTP, or from the local one.

The local authority is the cooperative itself, with a key and a certificate of its own under the
cooperative's root. It proves to an outsider no more than the cooperative's word; that is why its
name says "Local", and why the sealed file's fingerprint goes into the public log as well.
"""

import datetime as dt
import hashlib
import secrets
from typing import Final

from asn1crypto import algos, cms, core, pem, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pyhanko.sign.general import as_signing_certificate_v2
from pyhanko.sign.timestamps import HTTPTimeStamper, TimeStamper

from guild.documents.identity import SealIdentity

POLICY: Final = "2.25.273417628940117725903642177011624409"
"""Name of the local authority's policy: an OID made from a random UUID (ITU-T X.667)."""
ANSWER_S: Final = 15


class LocalTimeStamper(TimeStamper):
    """An authority in this process: says the moment that it is told, and signs it.

    pyHanko's own dummy knows RSA only and reads the machine's clock.
    """

    def __init__(self, identity: SealIdentity, at: dt.datetime) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        _, _, der = pem.unarmor(identity.stamp_cert_pem)
        _, _, root = pem.unarmor(identity.root_pem)
        self._cert = x509.Certificate.load(der)
        self._root = x509.Certificate.load(root)
        key = load_pem_private_key(identity.stamp_key_pem, password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey), "identity.make_identity makes such"
        self._key = key
        self._at = at.astimezone(dt.UTC).replace(microsecond=0)

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Grant the request; RFC 3161, 2.4.2."""
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": POLICY,
                "message_imprint": req["message_imprint"],
                "serial_number": secrets.randbits(63),
                "gen_time": self._at,
                "tsa": x509.GeneralName(name="directory_name", value=self._cert.subject),
                **({"nonce": req["nonce"]} if req["nonce"].native is not None else {}),
            }
        )
        content = cms.ContentInfo(
            {"content_type": "signed_data", "content": self._signed(info.dump())}
        )
        status = tsp.PKIStatusInfo({"status": "granted"})
        return tsp.TimeStampResp({"status": status, "time_stamp_token": content})

    def _signed(self, info: bytes) -> cms.SignedData:
        said = {
            "content_type": "tst_info",
            "signing_time": cms.Time({"utc_time": core.UTCTime(self._at)}),
            "message_digest": hashlib.sha256(info).digest(),
            "signing_certificate_v2": as_signing_certificate_v2(self._cert),
        }
        attributes = cms.CMSAttributes(
            [cms.CMSAttribute({"type": name, "values": (value,)}) for name, value in said.items()]
        )
        signature = self._key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
        digest = algos.DigestAlgorithm({"algorithm": "sha256"})
        number = {"issuer": self._cert.issuer, "serial_number": self._cert.serial_number}
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": number}),
            "digest_algorithm": digest,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signed_attrs": attributes,
            "signature": signature,
        }
        return cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [digest],
                "encap_content_info": {
                    "content_type": "tst_info",
                    "content": cms.ParsableOctetString(info),
                },
                "certificates": [self._cert, self._root],
                "signer_infos": [signer],
            }
        )


def stamper_of(identity: SealIdentity, url: str, at: dt.datetime) -> TimeStamper:
    """The authority that the settings name: the one at `url`, or the local one."""
    if url:
        return HTTPTimeStamper(url, timeout=ANSWER_S)
    return LocalTimeStamper(identity, at)
