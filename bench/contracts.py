"""Rows S1 and S2: a contract drafted, checked and sent, and an offer signed, through HTTP.

The server is `guild api` as in `http.py`. S1 is three requests of a signed-in member. S2 is the one
request by which a client signs, with her personal link and the code of her mail; it compares the
code and the hash of what she was shown, and keeps the evidence. Both in units of row 1's issue of
an invoice, driven in turn on the same server.
"""

import re
import secrets
from typing import Final

import msgspec
import uvloop

from bench.house import House, Person
from bench.http import CLIENTS, of_issue
from bench.load import child, drive, new_key
from bench.measure import Row, alternate, servers
from guild.contracts.commands import request_code
from guild.contracts.models import Contract
from guild.contracts.queries import offer_view
from guild.contracts.schemas import OfferIn
from guild.core.ids import ContractId
from guild.core.mail import Letter
from guild.core.permissions import SYSTEM
from guild.core.settings import Settings
from guild.core.work import begin_work
from guild.supervisor import environment_of
from tests.factories import Factories

API: Final = "/api/v1"
ROUNDS: Final = 3
PER_ROUND: Final = 64
"""Contracts of a round, each with a client of its own: codes are limited per person."""
LINK: Final = re.compile(r"/offers/(\S+)")
CODE: Final = re.compile(r"[Cc]ode\s*: (\d{6})")
TERMS: Final = {
    "title": "Twelve illustrations",
    "profession": "illustration",
    "hours_estimate": 20,
    "payment_term_days": 30,
    "milestones": [
        {"title": "Sketches", "net": "400.00", "due_on": "2027-12-17"},
        {"title": "Finished work", "net": "600.00", "due_on": "2028-01-28"},
    ],
}


class Named(msgspec.Struct):
    """What is read of a drafted contract."""

    id: ContractId


class Office:
    """The house, its server, one member and her many clients."""

    def __init__(self, house: House, port: int) -> None:
        self.house: Final = house
        self.port: Final = port
        self.make: Final = Factories(house.system)
        self.make.count = 1_000
        self._read = 0

    async def open(self) -> None:
        """Enter and sign in the member who drafts."""
        self.member = await self.make.member()
        seat = self.house.template
        self.person = Person(
            self.member.id, seat.client, seat.contact, seat.contract, secrets.token_urlsafe(32)
        )
        await self.house.sign_in([self.person])

    async def issue(self) -> float:
        """Seconds per issue of an invoice."""
        dealt = await self.house.drafts(self.house.people, PER_ROUND)
        return 1 / (await drive(self.port, of_issue(dealt), CLIENTS)).rate

    async def send(self) -> float:
        """Seconds per contract that is drafted, checked and sent, in three requests."""
        return (await self._sent())[1]

    async def sign(self) -> float:
        """Seconds per signature."""
        sent, _ = await self._sent()
        links = {letter.to: found for letter, found in await self._news(LINK)}
        seen = [await self._ask(contract_id) for contract_id in sent]
        codes = {letter.to: found for letter, found in await self._news(CODE)}
        assert len(links) == len(codes) == PER_ROUND
        signing = [
            (f"{API}/offer/sign", f"Authorization: Link {links[to]}\r\n", msgspec.json.encode({
                "version": offer.version, "shown_sha256": offer.shown_sha256, "code": codes[to],
                "typed_name": "Contact Person", "role": "Head of things", "consent": True,
            }))
            for offer, to in zip(seen, codes, strict=True)
        ]  # fmt: skip
        return 1 / (await drive(self.port, signing, CLIENTS)).rate

    async def _sent(self) -> tuple[list[ContractId], float]:
        who = self.person.headers
        drafts = [(f"{API}/contracts", who, await self._terms()) for _ in range(PER_ROUND)]
        await self._news(LINK)
        drafted = await drive(self.port, drafts, CLIENTS)
        made = [ContractId(msgspec.json.decode(drafted.answers[n], type=Named).id)
                for n in range(PER_ROUND)]  # fmt: skip
        said = {"typed_name": self.member.legal_name, "consent": True, "version": 1}
        checks = [(f"{API}/contracts/{one}/checks", who, b"") for one in made]
        sends = [
            (f"{API}/contracts/{one}/send", who + new_key(), msgspec.json.encode(said))
            for one in made
        ]
        checked = await drive(self.port, checks, CLIENTS, status=200)
        sent = await drive(self.port, sends, CLIENTS, status=200)
        return made, sum(1 / phase.rate for phase in (drafted, checked, sent))

    async def _terms(self) -> bytes:
        client = await self.make.organisation(self.member)
        seat = {"client_id": client.id, "contact_id": client.contacts[0].id}
        return msgspec.json.encode({**TERMS, **seat})

    async def _ask(self, contract_id: ContractId) -> OfferIn:
        """What the client sees, and a code in her mail."""
        async with begin_work(self.house.system, SYSTEM, read_only=True) as work:
            contract = await work.session.get_one(Contract, contract_id)
        async with begin_work(self.house.system, await self.make.client_of(contract)) as work:
            view, _ = await offer_view(work)
            seen = OfferIn(version=view.version, shown_sha256=view.shown_sha256)
            await request_code(work, seen)
        return seen

    async def _news(self, pattern: re.Pattern[str]) -> list[tuple[Letter, str]]:
        """The mails since the last look that hold the pattern, with what it found."""
        letters = await self.make.letters()
        fresh, self._read = letters[self._read :], len(letters)
        return [(one, found[1]) for one in fresh if (found := pattern.search(one.text))]


async def measure(settings: Settings) -> list[Row]:
    """Both rows, on one server."""
    house = House(settings)
    await house.found(members=100)
    environ = {**environment_of(settings), "GUILD_ENV": settings.env}
    try:
        async with child(environ, lambda fd: ["-m", "guild", "api", "--fd", str(fd)]) as (port, _):
            office = Office(house, port)
            await office.open()
            return await rates(office)
    finally:
        await house.close()


async def rates(office: Office) -> list[Row]:
    """Rows S1 and S2."""
    send, sent, issued = await alternate(ROUNDS, office.send, office.issue)
    sign, signed, issued_too = await alternate(ROUNDS, office.sign, office.issue)
    return [
        Row(number="S1", what="draft, check and send a contract: three requests, of one issue",
            value=send, target=12, hope=6, less=True, unit="×",
            how=f"{1 / sent:.0f} against {1 / issued:.0f} per second; {CLIENTS} clients"),
        Row(number="S2", what="sign with link and code, evidence kept, of one issue",
            value=sign, target=4, hope=2, less=True, unit="×",
            how=f"{1 / signed:.0f} against {1 / issued_too:.0f} per second"),
    ]  # fmt: skip


def rows() -> list[Row]:
    """The rows of the table."""
    with servers() as (_, settings):
        return uvloop.run(measure(settings))
