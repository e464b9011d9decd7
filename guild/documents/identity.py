"""The co-operative's seal identity: an own root, and under it the certificate and key that seal
documents, the certificate and key of the local time-stamping authority, and a list of what the
root has revoked.

In production the operator makes it once, keeps the root's key offline and gives the three PEM texts
in the settings. `make_development_identity` makes one for a data folder, so that a laptop can seal
too; its root says "Development" in its name, and readers show it as unknown, which is right.
"""

import contextlib
import datetime as dt
import os
import secrets
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from guild.core.settings import Settings

_DEVELOPMENT_SINCE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""A story is played with a turned clock and served with today's: its seal must be good for both."""


class SealIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Key and certificate of the seal, and the root that verifiers trust: PEM texts.

    `crl_pem` is the root's list of revoked certificates (RFC 5280); `stamp_key_pem` and
    `stamp_cert_pem` are the local time-stamping authority's (RFC 3161). Levels above B-B need them.
    """

    key_pem: bytes
    cert_pem: bytes
    root_pem: bytes
    crl_pem: bytes = b""
    stamp_key_pem: bytes = b""
    stamp_cert_pem: bytes = b""


class Lives(msgspec.Struct, frozen=True):
    """Years that certificates are good for, from the day that they are made.

    The authority outlives the seal: what it stamped is judged by it long after.
    """

    root: int = 30
    seal: int = 10
    stamp: int = 25


OPERATED = Lives()
_DEVELOPMENT_LIVES = Lives(root=100, seal=100, stamp=100)


def identity_of(settings: Settings) -> SealIdentity:
    """The operator's seal; outside production one is made in the data folder."""
    if settings.seal_key_pem:
        return SealIdentity(
            key_pem=settings.seal_key_pem,
            cert_pem=settings.seal_cert_pem,
            root_pem=settings.seal_root_pem,
            crl_pem=settings.seal.crl_pem,
            stamp_key_pem=settings.seal.stamp_key_pem,
            stamp_cert_pem=settings.seal.stamp_cert_pem,
        )
    assert not settings.production, "settings refuse to start in production without a seal"
    return make_development_identity(settings.data_dir)


def make_development_identity(folder: Path) -> SealIdentity:
    """The identity kept in `folder`; made there on the first call. Two processes get the same one.

    Only the owner may read the file. Not for production: the key lies unencrypted on the disk, and
    it is good for a century, so that the clock of a story may stand at any day.
    """
    path = folder / "seal-identity.development-3.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        made = make_identity("Development co-op", now=_DEVELOPMENT_SINCE, lives=_DEVELOPMENT_LIVES)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(made))
            file.flush()
            os.fsync(file.fileno())
        # Linking fails when another process was faster; then its identity is the one.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return msgspec.json.decode(path.read_bytes(), type=SealIdentity)


def make_identity(organisation: str, *, now: dt.datetime, lives: Lives = OPERATED) -> SealIdentity:
    """A new root, and a seal and a time-stamping authority under it, all ECDSA P-256.

    The root's key is thrown away, so it can sign nothing else, and its list of revoked certificates
    is empty for good. A seal that must be given up means a new root: the old one stays published
    for what it sealed, with a word about the day from which it is not to be trusted.
    """
    root_key = ec.generate_private_key(ec.SECP256R1())
    root_name = _name(organisation, f"{organisation} Root")
    root = (
        _builder(root_name, root_name, root_key.public_key(), now, lives.root)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    seal_key, seal = _leaf(root_key, root_name, _name(organisation, f"{organisation} Seal"),
                           now, lives.seal)  # fmt: skip
    stamp_name = _name(organisation, f"{organisation} Local time stamps")
    stamp_key, stamp = _leaf(root_key, root_name, stamp_name, now, lives.stamp, stamps=True)
    return SealIdentity(
        key_pem=_pem(seal_key),
        cert_pem=seal.public_bytes(Encoding.PEM),
        root_pem=root.public_bytes(Encoding.PEM),
        crl_pem=_revocations(root_key, root_name, now, lives.root).public_bytes(Encoding.PEM),
        stamp_key_pem=_pem(stamp_key),
        stamp_cert_pem=stamp.public_bytes(Encoding.PEM),
    )


def fingerprint_of(pem_text: bytes) -> str:
    """SHA-256 of a certificate's DER bytes, as 64 hexadecimal digits: what people compare."""
    certificate = x509.load_pem_x509_certificate(pem_text)
    return certificate.fingerprint(hashes.SHA256()).hex()


def _leaf(
    root_key: ec.EllipticCurvePrivateKey, issuer: x509.Name, subject: x509.Name, now: dt.datetime,
    years: int, *, stamps: bool = False,
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:  # fmt: skip
    """A key and its certificate under the root; RFC 3161, 2.3 gives stamps a usage of their own."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        _builder(subject, issuer, key.public_key(), now, years)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
    )
    if stamps:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        made = made.add_extension(usage, critical=True)
    return key, made.sign(root_key, hashes.SHA256())


def _revocations(
    root_key: ec.EllipticCurvePrivateKey, issuer: x509.Name, now: dt.datetime, years: int
) -> x509.CertificateRevocationList:
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer)
        .last_update(now - dt.timedelta(hours=1))
        .next_update(now + dt.timedelta(days=round(365.25 * years)))
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _name(organisation: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: dt.datetime,
    years: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # A clock that is a little behind must not find the certificate not yet valid.
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=round(365.25 * years)))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=not certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
