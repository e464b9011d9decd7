"""Canonical bytes, the chain of evidence and its corrupted twins, deadlines, the shown document."""

import copy
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guild.contracts.rules.canonical import canonical, sha256
from guild.contracts.rules.deadlines import deadline, reminder_days, reminders_due
from guild.contracts.rules.evidence import GENESIS, broken_links, entry, manifest
from guild.contracts.rules.library import chosen_on
from guild.contracts.rules.shown import shown_bytes, template_version
from guild.contracts.rules.terms import Clause, terms_bytes, terms_from, terms_hash
from tests.features.contracts.test_protections import terms

GOLDEN = (
    "guild.contract.shown/1.2@a325617c1cdf",
    "c30e4a35d7379b15c16ab9142e1a668d6765ab26a240a1146e8252e8462b8ae1",
)
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_canonical_bytes_are_fixed() -> None:
    value = {"b": 1, "a": [True, None, "é"], "c": {"z": date(2026, 1, 2), "y": AT}}
    made = b'{"a":[true,null,"\xc3\xa9"],"b":1,"c":{"y":"2026-11-23T12:00:00Z","z":"2026-01-02"}}'
    assert canonical(value) == made
    assert sha256(made) == sha256(canonical(dict(reversed(value.items()))))


@pytest.mark.parametrize("value", [1.5, [1.0], {"a": {"b": (0.0,)}}])
def test_floats_have_no_canonical_bytes(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_canonical_bytes_read_back_to_themselves(value: object) -> None:
    made = canonical(value)
    assert canonical(msgspec.json.decode(made)) == made


def test_terms_read_back_to_the_same_bytes() -> None:
    made = terms(clauses=(Clause(heading="Häuser", text="“quoted” & <b>"),))
    again = terms_from(msgspec.json.decode(terms_bytes(made)))
    assert again == made
    assert terms_hash(again) == terms_hash(made)


def make_chain(length: int = 4) -> list[SimpleNamespace]:
    chain: list[SimpleNamespace] = []
    previous = GENESIS
    for seq in range(1, length + 1):
        body = entry(
            contract_id="c", number="C-2026-0001", version=1, seq=seq, kind="opened", at=AT,
            actor={"kind": "contact", "id": None}, previous_sha256=previous, details={"n": seq},
        )  # fmt: skip
        chain.append(
            SimpleNamespace(seq=seq, body=body, body_sha256=sha256(body), previous_sha256=previous)
        )
        previous = sha256(body)
    return chain


def test_a_whole_chain_holds_and_its_manifest_shows_every_entry() -> None:
    chain = make_chain()
    assert broken_links(chain) == []
    shown = msgspec.json.decode(manifest([link.body for link in chain]))
    assert [e["seq"] for e in shown["entries"]] == [1, 2, 3, 4]
    bodies = [canonical(e) for e in shown["entries"]]
    assert bodies == [link.body for link in chain], "the attachment rebuilds the very bytes"


@pytest.mark.parametrize("spoil", ["body", "swap", "drop_first", "drop_middle", "hash", "forge"])
def test_a_corrupted_chain_is_found(spoil: str) -> None:
    chain = copy.deepcopy(make_chain())
    match spoil:
        case "body":
            chain[1].body = chain[1].body.replace(b'"n":2', b'"n":9')
        case "swap":
            chain[1], chain[2] = chain[2], chain[1]
        case "drop_first":
            del chain[0]
        case "drop_middle":
            del chain[2]
        case "hash":
            chain[3].body_sha256 = "0" * 64
        case "forge":  # the body and its own hash agree, but the next entry names the old one
            chain[1].body = chain[1].body.replace(b'"n":2', b'"n":9')
            chain[1].body_sha256 = sha256(chain[1].body)
    assert broken_links(chain)


def test_reminders_go_out_on_day_seven_and_twelve_of_fourteen() -> None:
    assert reminder_days(14) == (7, 12)
    assert reminder_days(1) == ()
    assert reminder_days(3) == (1,)
    due = [reminders_due(AT, 14, AT + timedelta(days=day)) for day in (6, 7, 11, 12, 13)]
    assert due == [0, 1, 1, 2, 2]


def test_deadlines_never_end_on_a_weekend_or_holiday() -> None:
    # 14 days after 11 December 2026 is Christmas, a Friday; then comes a weekend.
    start = datetime(2026, 12, 11, 9, 0, tzinfo=UTC)
    assert deadline(start, 14, "BE") == datetime(2026, 12, 28, 23, 59, 59, tzinfo=UTC)
    assert deadline(AT, 14, "BE") == datetime(2026, 12, 7, 23, 59, 59, tzinfo=UTC)


def test_the_shown_document_is_the_same_for_ever_and_escapes_everything() -> None:
    evil = "<script>alert(1)</script>"
    made = terms(title=evil, summary=evil, clauses=(Clause(heading=evil, text=evil),))
    one = shown_bytes(made, number="C-2026-0001", version=1, coop="Coop")
    assert one == shown_bytes(made, number="C-2026-0001", version=1, coop="Coop")
    assert one != shown_bytes(made, number="C-2026-0001", version=2, coop="Coop")
    assert b"<script>" not in one
    assert b"&lt;script&gt;" in one
    assert template_version().startswith("guild.contract.shown/1.2@")


def test_the_shown_document_says_every_term() -> None:
    made = terms(library=chosen_on(AT.date(), None))
    text = shown_bytes(made, number="C-1", version=1, coop="Coop").decode()
    for word in (
        "1,000.00 USD", "23 November 2026", "within 14 days", "2 rounds", "due 30 days",
        "five days after delivery", "the interest and the compensation", "for print",
        "notice of 10 days",
        "25 % of the price", "(US-NY) governs this contract", "1 Elm Street", "Coop, of which",
    ):  # fmt: skip
        assert word in text, word


def test_signed_wording_changes_only_with_its_version() -> None:
    """A failing hash here means: raise WORDING_VERSION, or undo the change of words."""
    whole = terms(library=chosen_on(AT.date(), None))
    made = shown_bytes(whole, number="C-2026-0001", version=1, coop="Coop")
    assert (template_version(), sha256(made)) == GOLDEN
