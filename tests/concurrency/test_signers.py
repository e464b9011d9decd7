"""Two hundred people sign at once: each is answered, each once, and nobody's signature is lost.

Two shapes: contracts of one signer, and contracts whose twenty people all press at the same time.
"""

import asyncio
import re
import time
from collections import Counter

from sqlalchemy import func, select

from guild.contracts import commands, queries
from guild.contracts.errors import AlreadyAnswered
from guild.contracts.models import Contract, ContractEvidence, ContractSigner
from guild.contracts.queries import INVARIANTS
from guild.contracts.schemas import OfferIn, SendIn, SignerIn, SignersIn, SignIn
from guild.core.errors import IllegalMove
from guild.core.permissions import SYSTEM, Actor, LinkGrant, contact_actor
from guild.core.work import System, begin_work
from guild.members.commands import add_contact
from guild.members.models import AccessLink
from guild.members.schemas import ContactIn
from tests.factories import Factories

CONTRACTS, BOARDS, BOARD = 40, 8, 20
TOGETHER = CONTRACTS + BOARDS * BOARD
SECONDS_MAX = 40
"""A bound for two shared cores; alone it takes about a quarter of it."""


async def _board(make: Factories) -> Contract:
    """One offer that twenty people of one rank must all sign."""
    member = await make.member()
    client = await make.organisation(member)
    drafted = await make.contract(member, client)
    people = [client.contacts[0].id]
    async with begin_work(make.system, make.actor(member)) as work:
        for number in range(1, BOARD):
            entered = ContactIn(name=f"Board {number}", email=f"b{number}-{client.id}@c.example")
            people.append((await add_contact(work, client.id, entered)).id)
        plan = SignersIn(signers=tuple(SignerIn(contact_id=one) for one in people))
        await commands.plan_signers(work, drafted.id, plan)
        said = SendIn(typed_name=member.legal_name, consent=True, version=1)
        return await commands.send_contract(work, drafted.id, said)


async def _ready(system: System, make: Factories) -> list[tuple[Actor, SignIn]]:
    """Everybody who was asked, with the code of her own mail."""
    async with begin_work(system, SYSTEM, read_only=True) as work:
        rows = await work.session.execute(
            select(AccessLink, ContractSigner.email)
            .join(ContractSigner, ContractSigner.link_id == AccessLink.id)
            .where(ContractSigner.state == "asked")
        )
        asked = [
            (contact_actor(LinkGrant(
                link_id=link.id, purpose="contract", subject_id=link.subject_id,
                contact_id=link.contact_id,
            )), email)
            for link, email in rows
        ]  # fmt: skip
    views = {}

    async def ask(who: Actor) -> None:
        async with begin_work(system, who) as work:
            view, _ = await queries.offer_view(work)
            seen = OfferIn(version=view.version, shown_sha256=view.shown_sha256)
            await commands.request_code(work, seen)
        views[who.link.contact_id] = view  # type: ignore[union-attr]

    await asyncio.gather(*(ask(who) for who, _ in asked))
    codes = {
        letter.to: found[1]
        for letter in await make.letters()
        if (found := re.search(r"[Cc]ode\s*: (\d{6})", letter.text))
    }
    return [
        (who, SignIn(
            version=views[who.link.contact_id].version,  # type: ignore[union-attr]
            shown_sha256=views[who.link.contact_id].shown_sha256,  # type: ignore[union-attr]
            code=codes[email], typed_name="A Signer", role="Head", consent=True,
        ))
        for who, email in asked
    ]  # fmt: skip


async def test_two_hundred_signers_at_once(committing: System) -> None:
    make = Factories(committing)
    member = await make.member()
    for _ in range(CONTRACTS):
        await make.sent_contract(member)
    boards = [await _board(make) for _ in range(BOARDS)]
    people = await _ready(committing, make)
    assert len(people) == TOGETHER
    answers: Counter[str] = Counter()

    async def sign(who: Actor, said: SignIn) -> None:
        """Press twice, as impatient people do: the second time is refused, not signed again."""
        for _ in range(2):
            try:
                async with begin_work(committing, who) as work:
                    await commands.sign_contract(work, said)
                answers["signed"] += 1
            except (AlreadyAnswered, IllegalMove):
                answers["refused"] += 1

    begun = time.perf_counter()
    await asyncio.gather(*(sign(*one) for one in people))
    took = time.perf_counter() - begun
    assert answers == {"signed": TOGETHER, "refused": TOGETHER}
    assert took < SECONDS_MAX, f"{took:.1f} s"
    async with begin_work(committing, SYSTEM, read_only=True) as work:
        each = await work.session.execute(
            select(ContractEvidence.contract_id, func.count().label("number"))
            .where(ContractEvidence.kind == "signed")
            .group_by(ContractEvidence.contract_id)
        )
        signatures = {one.contract_id: one.number for one in each}
        assert [signatures.pop(one.id) for one in boards] == [BOARD] * BOARDS
        assert list(signatures.values()) == [1] * CONTRACTS
        states = set(await work.session.scalars(select(Contract.state)))
        assert states == {"signed"}
        assert [text for check in INVARIANTS for text in await check(work.session)] == []
