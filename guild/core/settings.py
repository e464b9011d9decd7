"""Settings: one frozen Struct, read from the environment once and handed down.

With nothing set, Guild runs in development on the embedded PostgreSQL and Valkey with keys that
are published in this file. `check` refuses to start in production with any of those.
"""

import hashlib
import os
import re
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from guild.core.crypto import KeyRing

DEVELOPMENT_SECRET: Final = b"guild development keys: published, for demonstrations only"


class Cooperative(msgspec.Struct, frozen=True, kw_only=True):
    """The cooperative as its invoices name it. The defaults are plainly fictional."""

    name: str = "Guild Example Cooperative"
    enterprise_number: str = "0123456749"
    vat_number: str = "BE0123456749"
    street: str = "Rue du Compagnonnage 1"
    postcode: str = "1000"
    city: str = "Bruxelles"
    country: str = "BE"
    iban: str = "BE68539007547034"
    bic: str = "GKCCBEBB"
    email: str = "office@guild.example"
    currency: str = "EUR"
    creditor_id: str = ""
    """SEPA creditor identifier, for direct debits ("BE50ZZZ0123456749"); empty: none are made."""
    region: str = ""
    """The province of a cooperative in Canada (QC)."""
    contact_name: str = ""
    """Whom to ask about an invoice; German invoices must say it, with the telephone."""
    phone: str = ""
    register: str = ""
    """The register of companies as the law wants it printed: "RPM Bruxelles"."""
    tax_numbers: dict[str, str] = {}
    """Further registrations to print, by name: {"GST/TPS": "…", "QST/TVQ": "…"}."""
    one_stop_shop: bool = False
    """Whether sales to consumers in other member states are taxed there (art. 59c, 369a)."""
    colour: str = "#0B5D4E"
    """Of the printed sheets: six hexadecimal digits, dark enough to carry white."""
    logo_file: str = ""
    """An SVG of plain shapes for the printed sheets, instead of the mark."""


class Peppol(msgspec.Struct, frozen=True, kw_only=True):
    """The way to the Peppol network (docs/peppol.md); without a gateway, invoices go by mail."""

    gateway: Literal["", "http", "loopback"] = ""
    url: str = ""
    key: str = ""
    ca_file: str = ""
    """Certificates to trust instead of the system's, for a gateway with a root of its own."""
    hook_secret: str = ""
    """Signs what the gateway reports; notices are refused without it."""
    participant: str = ""
    """Our own address on the network; empty: 0208 and the enterprise number."""
    partner: str = "0208:0403019261"
    """The other participant of the loopback gateway."""
    reference: Literal["digits", "printed"] = "digits"
    """How a Belgian structured reference is written in PaymentID: 12 digits, or +++…+++."""


class Pay(msgspec.Struct, frozen=True, kw_only=True):
    """Payment providers (docs/bank.md); each is off without its key."""

    stripe_key: str = ""
    stripe_hook_secret: str = ""
    """Signs the webhooks of the endpoint; they are refused without it."""
    stripe_url: str = "https://api.stripe.com"
    gocardless_key: str = ""
    gocardless_hook_secret: str = ""
    gocardless_url: str = "https://api.gocardless.com"

    @property
    def offered(self) -> tuple[str, ...]:
        """The providers that have a key, in the order in which clients see them."""
        keys = {"stripe": self.stripe_key, "gocardless": self.gocardless_key}
        return tuple(name for name, key in keys.items() if key)


class Eid(msgspec.Struct, frozen=True, kw_only=True):
    """A provider of identities for signatures (docs/signing.md); without one there is none."""

    provider: Literal["", "http", "loopback"] = ""
    url: str = ""
    """The page of the provider's adapter to which a signer is sent."""
    secret: str = ""
    """Signs what goes there and what comes back; nothing is believed without it."""
    label: str = "eID"
    """What people call it: itsme, Itsme, DigiD …"""


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """How strong the seal is, and who says when it was set (docs/signing.md)."""

    level: Literal["B-B", "B-T", "B-LT", "B-LTA"] = "B-LTA"
    """ETSI EN 319 142-1: plain; with a time stamp; with what verifies it later; stamped again."""
    stamp_url: str = ""
    """An RFC 3161 authority; empty: the local one, whose word is the cooperative's own."""
    stamp_root_pem: bytes = b""
    """The root of that authority, to be trusted for time stamps only."""
    crl_pem: bytes = b""
    stamp_key_pem: bytes = b""
    stamp_cert_pem: bytes = b""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that differs between two installations."""

    env: Literal["development", "test", "production"] = "development"
    debug: bool = False
    database_url: str = ""
    """asyncpg URL of the app role; empty: the embedded server."""
    owner_url: str = ""
    """asyncpg URL of the owner, for migrations only."""
    redis_url: str = ""
    data_dir: Path = Path("var")
    base_url: str = "http://127.0.0.1:8000"
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: str = "127.0.0.1"
    pool_size: int = 6
    secrets: Mapping[int, bytes] = msgspec.field(default_factory=dict)
    """Master secrets by key id; keys for columns, sessions and the log derive from them."""
    index_key: bytes = b""
    """The blind index's own key, once the oldest master secret is gone; 32 bytes."""
    log_seed: bytes = b""
    log_origin: str = "guild.example/log"
    seal_key_pem: bytes = b""
    seal_cert_pem: bytes = b""
    seal_root_pem: bytes = b""
    seal: Seal = msgspec.field(default_factory=Seal)
    rules_dir: str = ""
    """A folder of further official rules for e-invoices (Peppol's XSLT), see docs/invoices.md."""
    rules_pins: dict[str, str] = {}
    """Each file of it that is asked, with its SHA-256; one that differs refuses to issue."""
    smtp_url: str = ""
    mail_hook_secret: str = ""
    """Signs what the mail server reports about bounces; reports are refused without it."""
    peppol: Peppol = msgspec.field(default_factory=Peppol)
    eid: Eid = msgspec.field(default_factory=Eid)
    pay: Pay = msgspec.field(default_factory=Pay)
    clock_file: str = ""
    """A file with the moment to take for now: stories and drills only."""
    keep_answers_days: Annotated[int, msgspec.Meta(ge=1)] = 30
    """For so long the same idempotency key gives the same answer."""
    keep_mails_days: Annotated[int, msgspec.Meta(ge=1)] = 90
    """So long a mail that was delivered stays in the database, sealed."""
    keep_jobs_days: Annotated[int, msgspec.Meta(ge=1)] = 30
    """So long a job that is done stays in the queue's table."""
    coop: Cooperative = msgspec.field(default_factory=Cooperative)

    @property
    def production(self) -> bool:
        """Whether real people's money is in it."""
        return self.env == "production"

    @property
    def secure_cookies(self) -> bool:
        """Cookies are Secure wherever the site is served over TLS."""
        return self.base_url.startswith("https://")

    @property
    def local_mail(self) -> bool:
        """Without an SMTP server mails stay readable on the outbox page (never in production)."""
        return not self.smtp_url and not self.production

    def secret(self, purpose: str, key_id: int | None = None) -> bytes:
        """32 bytes for one purpose, derived from a master secret (the current one by default)."""
        masters = self.secrets or {1: DEVELOPMENT_SECRET}
        master = masters[max(masters) if key_id is None else key_id]
        return hashlib.blake2b(purpose.encode(), key=master[:64], digest_size=32).digest()

    def keyring(self) -> KeyRing:
        """The ring for encrypted columns."""
        masters = self.secrets or {1: DEVELOPMENT_SECRET}
        keys = {key_id: self.secret("columns", key_id) for key_id in masters}
        return KeyRing(keys, self.blind_index_key)

    @property
    def blind_index_key(self) -> bytes:
        """The key of look-ups by hash. It never changes, since what it made is compared.

        It derives from the oldest secret, until `index_key` lets that secret be taken away.
        """
        masters = self.secrets or {1: DEVELOPMENT_SECRET}
        return self.index_key or self.secret("blind index", min(masters))

    @property
    def log_signing_seed(self) -> bytes:
        """The Ed25519 seed that signs checkpoints of the transparency log."""
        return self.log_seed or self.secret("transparency log")

    def problems(self) -> list[str]:
        """Why these settings must not run in production; empty when they may."""
        if not self.production:
            return []
        checks = {
            "GUILD_DEBUG is on: error pages would show secrets. Unset it.": self.debug,
            "GUILD_CLOCK_FILE is set: the clock could be turned. Unset it.": self.clock_file,
            "GUILD_SECRETS is missing: the built-in keys are public. Set 1:BASE64.": (
                not self.secrets
            ),
            "A key in GUILD_SECRETS is shorter than 32 bytes. Make a longer one.": any(
                len(secret) < 32 for secret in self.secrets.values()
            ),
            "GUILD_INDEX_KEY is missing although key 1 is gone from GUILD_SECRETS: nothing that is "
            "looked up by hash would be found. Put key 1 back and set what "
            "`guild rotate-keys --index-key` prints.": (
                bool(self.secrets) and min(self.secrets) > 1 and not self.index_key
            ),
            "GUILD_INDEX_KEY has not 32 bytes. Set what `guild rotate-keys --index-key` printed.": (
                len(self.index_key) not in {0, 32}
            ),
            "GUILD_LOG_SEED is missing: anyone could sign the log. Set 32 bytes.": (
                not self.log_seed
            ),
            "GUILD_SEAL_KEY_FILE is missing: contracts could not be sealed.": (
                not self.seal_key_pem
            ),
            "GUILD_SEAL_CRL_FILE is missing: the seal cannot be proved later. `guild make-seal` "
            "makes it, or set GUILD_SEAL_LEVEL=B-B.": (
                self.seal.level in {"B-LT", "B-LTA"} and not self.seal.crl_pem
            ),
            "GUILD_SEAL_STAMP_KEY_FILE is missing: nobody stamps the time. Set it, or "
            "GUILD_SEAL_STAMP_URL, or GUILD_SEAL_LEVEL=B-B.": (
                self.seal.level != "B-B"
                and not (
                    self.seal.stamp_url or (self.seal.stamp_key_pem and self.seal.stamp_cert_pem)
                )
            ),
            "GUILD_SEAL_STAMP_ROOT_FILE is missing: stamps of GUILD_SEAL_STAMP_URL could not be "
            "judged.": bool(self.seal.stamp_url) and not self.seal.stamp_root_pem,
            "GUILD_COOP_FILE is missing, or keeps the example's IBAN: invoices would ask for "
            "payment to an account that is not yours.": self.coop.iban == Cooperative().iban,
            "GUILD_BASE_URL is not https: sessions would travel in clear.": (
                not self.secure_cookies
            ),
            "GUILD_ALLOWED_HOSTS is empty: any Host header would be answered.": (
                not self.allowed_hosts
            ),
            "GUILD_PEPPOL_GATEWAY is loopback: invoices would never leave the house. Set http.": (
                self.peppol.gateway == "loopback"
            ),
            "GUILD_PEPPOL_URL is not https, or GUILD_PEPPOL_KEY is missing: the gateway could not "
            "be trusted.": self.peppol.gateway == "http"
            and not (self.peppol.url.startswith("https://") and self.peppol.key),
            "GUILD_EID_PROVIDER is loopback: anybody could claim any name. Set http, or nothing.": (
                self.eid.provider == "loopback"
            ),
            "GUILD_EID_URL is not https, or GUILD_EID_SECRET has fewer than 32 characters: what "
            "the provider says could be forged.": self.eid.provider == "http"
            and not (self.eid.url.startswith("https://") and len(self.eid.secret) >= 32),
            "GUILD_PEPPOL_HOOK_SECRET or GUILD_MAIL_HOOK_SECRET is shorter than 32 characters: its "
            "signatures could be guessed.": any(
                0 < len(secret) < 32 for secret in (self.peppol.hook_secret, self.mail_hook_secret)
            ),
            "GUILD_DATABASE_URL and GUILD_REDIS_URL must name servers of your own: the embedded "
            "ones trust every local user.": not (self.database_url and self.redis_url),
        }
        return [problem for problem, holds in checks.items() if holds]


class SettingsWrong(Exception):
    """The environment holds something that cannot be used; the message says what and why."""


def _secrets(text: str) -> dict[int, bytes]:
    ring = {}
    for part in filter(None, text.split(",")):
        key_id, _, encoded = part.partition(":")
        try:
            ring[int(key_id)] = b64decode(encoded, validate=True)
        except ValueError:
            raise SettingsWrong("GUILD_SECRETS must read `1:BASE64,2:BASE64`") from None
        if not 0 <= int(key_id) <= 255:
            raise SettingsWrong("a key id in GUILD_SECRETS is not between 0 and 255")
    return ring


def _pins(text: str) -> dict[str, str]:
    pins = {}
    for part in filter(None, re.split(r"[,\s]+", text)):
        name, _, digest = part.partition(":")
        if not re.fullmatch(r"[A-Za-z0-9._-]+", name) or not re.fullmatch("[0-9a-f]{64}", digest):
            raise SettingsWrong("GUILD_RULES_PINS must read `file.xslt:SHA256,file.xslt:SHA256`")
        pins[name] = digest
    return pins


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from `GUILD_…` variables; raises SettingsWrong with a sentence."""
    given = {
        name.removeprefix("GUILD_").lower(): value
        for name, value in environ.items()
        if name.startswith("GUILD_") and value
    }

    def file(name: str) -> bytes:
        return Path(given[name]).read_bytes() if name in given else b""

    def group(prefix: str) -> dict[str, str]:
        return {
            name.removeprefix(prefix): value
            for name, value in given.items()
            if name.startswith(prefix)
        }

    try:
        coop = (
            msgspec.toml.decode(file("coop_file"), type=Cooperative)
            if "coop_file" in given
            else Cooperative()
        )
        return msgspec.convert(
            {
                "env": given.get("env", "development"),
                "debug": given.get("debug", "") not in {"", "0", "false"},
                "database_url": given.get("database_url", ""),
                "owner_url": given.get("owner_url", ""),
                "redis_url": given.get("redis_url", ""),
                "data_dir": Path(given.get("data_dir", "var")).resolve(),
                "base_url": given.get("base_url", "http://127.0.0.1:8000").rstrip("/"),
                "allowed_hosts": tuple(re.findall(r"[^,\s]+", given.get("allowed_hosts", ""))),
                "trusted_proxies": given.get("trusted_proxies", "127.0.0.1"),
                "pool_size": int(given.get("pool_size", "6")),
                "secrets": _secrets(given.get("secrets", "")),
                "index_key": b64decode(given.get("index_key", ""), validate=True),
                "log_seed": b64decode(given.get("log_seed", ""), validate=True),
                "log_origin": given.get("log_origin", "guild.example/log"),
                "seal_key_pem": file("seal_key_file"),
                "seal_cert_pem": file("seal_cert_file"),
                "seal_root_pem": file("seal_root_file"),
                "seal": {
                    "level": given.get("seal_level", "B-LTA"),
                    "stamp_url": given.get("seal_stamp_url", ""),
                    "stamp_root_pem": file("seal_stamp_root_file"),
                    "crl_pem": file("seal_crl_file"),
                    "stamp_key_pem": file("seal_stamp_key_file"),
                    "stamp_cert_pem": file("seal_stamp_cert_file"),
                },
                "rules_dir": given.get("rules_dir", ""),
                "rules_pins": _pins(given.get("rules_pins", "")),
                "smtp_url": given.get("smtp_url", ""),
                "mail_hook_secret": given.get("mail_hook_secret", ""),
                "peppol": group("peppol_"),
                "eid": group("eid_"),
                "pay": group("pay_"),
                "clock_file": given.get("clock_file", ""),
                "keep_answers_days": int(given.get("keep_answers_days", "30")),
                "keep_mails_days": int(given.get("keep_mails_days", "90")),
                "keep_jobs_days": int(given.get("keep_jobs_days", "30")),
                "coop": coop,
            },
            Settings,
        )
    except (ValueError, OSError, msgspec.ValidationError) as wrong:
        raise SettingsWrong(f"A GUILD_… variable cannot be used: {wrong}") from wrong
