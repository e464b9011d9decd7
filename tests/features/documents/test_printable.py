"""Texts that no sheet could show are refused where they come in, not when the sheet is made."""

import pytest

from guild.contracts.schemas import MilestoneIn
from guild.core.work import System
from guild.documents.commands import refuse_unprintable
from guild.documents.errors import TextUnprintable
from guild.members.commands import change_organisation
from guild.members.schemas import OrganisationChangeIn
from tests.conftest import As
from tests.factories import Factories

CLIP = "\N{PAPERCLIP}\N{GRINNING FACE}"
OVERRIDE = "\N{RIGHT-TO-LEFT OVERRIDE}"


@pytest.mark.parametrize("sign", ["\N{GRINNING FACE}", "\x01", OVERRIDE])
def test_the_refusal_names_the_field_and_the_sign(sign: str) -> None:
    given = {"title": "Żółć, ελληνικά, и другие", "lines": [{"text": "fine"}, {"text": sign}]}
    with pytest.raises(TextUnprintable) as refused:
        refuse_unprintable(given)
    assert refused.value.field == "lines.1.text"
    assert f"U+{ord(sign):04X}" in refused.value.detail


def test_what_can_be_printed_passes() -> None:
    refuse_unprintable({"a": "Zażółć gęślą jaźń\nÀ l’œuvre – 5 €", "b": None, "c": [1, "x\ty"]})


async def test_a_contract_and_a_client_that_could_not_be_printed_are_refused(
    system: System, make: Factories, as_: As
) -> None:
    member = await make.member()
    client = await make.organisation(member)
    with pytest.raises(TextUnprintable) as refused:
        await make.contract(
            member, client, milestones=[MilestoneIn(title=CLIP, net="10.00", due_on=None)]
        )
    assert refused.value.field == "milestones.0.title"
    async with as_(make.actor(member)) as work:
        with pytest.raises(TextUnprintable):
            await change_organisation(
                work, client.id, OrganisationChangeIn(row_version=1, name=f"A{OVERRIDE}B")
            )
