"""What the tests of contracts share."""

import msgspec
import pytest
import pytest_asyncio

from guild.contracts import queries
from guild.contracts.queries import INVARIANTS
from guild.contracts.schemas import OfferIn, SignIn
from guild.core.permissions import SYSTEM
from guild.core.work import begin_work


@pytest.fixture
def answer(as_, make):
    """`await answer(contract)` → the fields of a right signature, as the client would send them."""

    async def right(contract, *, code: str | None = None) -> SignIn:
        async with as_(await make.client_of(contract)) as work:
            view, _ = await queries.offer_view(work)
        return SignIn(
            version=view.version,
            shown_sha256=view.shown_sha256,
            code=code or await make.signing_code(contract),
            typed_name="Jonas Client",
            role="Head of exhibitions",
            consent=True,
        )

    return right


@pytest.fixture
def seen():
    """The part of an answer that says which document was seen."""
    return lambda data: OfferIn(version=data.version, shown_sha256=data.shown_sha256)


@pytest.fixture
def but():
    """A struct with some fields changed."""
    return msgspec.structs.replace


@pytest_asyncio.fixture
async def system(system):
    """After each test with a database everything that always holds still holds."""
    yield system
    async with begin_work(system, SYSTEM) as work:
        broken = [text for check in INVARIANTS for text in await check(work.session)]
    assert broken == []
