"""What a client reads about the questions that it is asked, in its contact's language."""

from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from guild.core.work import Work
from guild.members.models import Contact
from guild.reputation.errors import NothingToRate

FILE: Final = Path(__file__).parent.parent / "templates" / "attest.json"


@cache
def _words() -> dict[str, dict[str, str]]:
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, dict[str, str]])


def words(language: str) -> dict[str, str]:
    """Name of the sentence → the sentence; a test holds that all languages have the same."""
    return _words()[language]


def question(name: str, language: str = "en") -> str:
    """A question in words; one that is voted into the charter later shows its name."""
    return words(language).get(f"q_{name}", f"{name.replace('_', ' ').capitalize()}?")


async def reader_language(work: Work) -> str:
    """The language of the person behind the client's link; raises NothingToRate without one."""
    if work.actor.link is None:
        raise NothingToRate(mend="Open the link exactly as it stands in the mail.")
    contact = await work.session.get_one(Contact, work.actor.link.contact_id)
    return contact.language
