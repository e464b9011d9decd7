"""One press and one seal identity for all tests of this folder: both take a second to make."""

import datetime as dt

import pytest

from guild.documents.identity import SealIdentity, make_identity
from guild.documents.press import Press
from guild.documents.seal import Sealer


@pytest.fixture(scope="session")
def press() -> Press:
    """The press, in this process."""
    return Press()


@pytest.fixture(scope="session")
def identity() -> SealIdentity:
    """A seal under a root of its own."""
    return make_identity("Linden Guild cv", now=dt.datetime.now(dt.UTC))


@pytest.fixture(scope="session")
def sealer(identity: SealIdentity) -> Sealer:
    """The seal of that identity."""
    return Sealer(identity)
