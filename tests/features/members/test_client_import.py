"""Importing clients: columns guessed and chosen, each outcome, the dry run, and the page."""

from typing import Any

import httpx
import pytest

from guild.core.errors import Invalid
from guild.members.rules.client_csv import (
    normal_name,
    read_table,
    suggest_mapping,
    typed_rows,
)
from tests.conftest import SignIn
from tests.factories import Factories

API = "/api/v1"
HEAD = "Nom;Pays;TVA;Rue;Code postal;Localité;Courriel;Langue"
GOOD = "Proef & Zoon bv;BE;BE 0403.019.261;Dorpsstraat 1;9000;Gent;info@proef.example;nl"
ALSO = "Maison Rouge;FR;;Rue du Port 2;59000;Lille;bonjour@rouge.example;fr"
BAD_VAT = "Fout nv;BE;BE0403019262;Straat 3;1000;Brussel;a@fout.example;nl"
EMPTY = ";BE;;Straat 4;1000;Brussel;a@leeg.example;nl"


def csv(*rows: str, head: str = HEAD) -> str:
    return "\n".join([head, *rows]) + "\n"


def test_columns_are_found_in_four_languages() -> None:
    assert suggest_mapping(read_table(csv(GOOD)).header) == {
        "name": "Nom", "country": "Pays", "vat_number": "TVA", "street": "Rue",
        "postcode": "Code postal", "city": "Localité", "email": "Courriel", "language": "Langue",
    }  # fmt: skip
    dutch = ("Naam", "Land", "BTW-nummer", "Adres", "Postcode", "Gemeente", "E-mail")
    assert suggest_mapping(dutch)["vat_number"] == "BTW-nummer"
    assert suggest_mapping(("Firma", "Ort", "PLZ")) == {
        "name": "Firma", "city": "Ort", "postcode": "PLZ",
    }  # fmt: skip


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_each_delimiter_and_short_rows(delimiter: str) -> None:
    text = "name;country;city\nA;BE\n\nB;FR;Lille;too much\n".replace(";", delimiter)
    table = read_table(f"\ufeff{text}")
    assert table.header == ("name", "country", "city")
    assert table.rows == (("A", "BE", ""), ("B", "FR", "Lille"))


@pytest.mark.parametrize("text", ["", "name;city", "a\x00;b\n1;2", "x;y\n" + "1;2\n" * 5_001])
def test_what_is_no_table(text: str) -> None:
    with pytest.raises(Invalid):
        read_table(text)


def test_rows_are_typed_and_faults_named() -> None:
    table = read_table(csv(GOOD, EMPTY, ALSO.replace(";FR;", ";France;")))
    good, empty, bad = typed_rows(table, suggest_mapping(table.header))
    assert good.client is not None
    assert (good.client.kind, good.client.language) == ("company", "nl")
    assert empty.wrong == (("name", "name is empty"),)
    assert bad.wrong[0][0] == "country"
    assert bad.line == 4


def test_names_are_compared_without_form_and_accents() -> None:
    assert (
        normal_name("Société Générale SA")
        == normal_name("SOCIETE GENERALE")
        == ("societe generale")
    )
    assert normal_name("NV") == "nv"


async def imported(client: httpx.AsyncClient, text: str, **more: Any) -> Any:
    answer = await client.post(f"{API}/organisations/import", json={"csv": text, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_dry_run_then_for_good(make: Factories, signed_in: SignIn) -> None:
    client = await signed_in(await make.member())
    looked = await imported(client, csv(GOOD, ALSO, BAD_VAT, EMPTY, GOOD))
    assert [row["outcome"] for row in looked["rows"]] == [
        "new", "new", "wrong", "wrong", "known",
    ]  # fmt: skip
    assert (await client.get(f"{API}/organisations")).json()["items"] == []
    refused = await client.post(
        f"{API}/organisations/import",
        json={"csv": csv(GOOD, BAD_VAT), "dry_run": False},
    )
    assert refused.status_code == 422
    assert "line 3" in refused.json()["detail"]
    assert (await client.get(f"{API}/organisations")).json()["items"] == []
    done = await imported(client, csv(GOOD, ALSO, BAD_VAT), dry_run=False, skip_wrong=True)
    assert (done["new"], done["wrong"]) == (2, 1)
    entered = (await client.get(f"{API}/organisations")).json()["items"]
    assert {one["name"] for one in entered} == {"Proef & Zoon bv", "Maison Rouge"}
    again = await imported(client, csv(GOOD, ALSO.replace("Maison Rouge", "MAISON ROUGE SARL")))
    assert [row["outcome"] for row in again["rows"]] == ["known", "known"]
    assert {row["client_id"] for row in again["rows"]} == {one["id"] for one in entered}


async def test_unknown_columns_are_shown_to_be_chosen(make: Factories, signed_in: SignIn) -> None:
    client = await signed_in(await make.member())
    text = csv("A;BE;S 1;1000;Brussel;a@b.example", head="one;two;three;four;five;six")
    looked = await imported(client, text)
    assert (looked["header"], looked["rows"]) == (
        ["one", "two", "three", "four", "five", "six"],
        [],
    )
    mapping = dict(zip(
        ("name", "country", "street", "postcode", "city", "email"), looked["header"], strict=True
    ))  # fmt: skip
    assert (await imported(client, text, mapping=mapping))["new"] == 1
    wrong = await client.post(
        f"{API}/organisations/import", json={"csv": text, "mapping": {"name": "seven"}}
    )
    assert wrong.json()["field"] == "mapping.name"


async def test_the_page(make: Factories, signed_in: SignIn) -> None:
    client = await signed_in(await make.member())
    assert "Read the table" in (await client.get("/clients/import")).text
    token = client.headers["X-CSRF-Token"]
    file = {"file": ("clients.csv", csv(GOOD).encode("cp1252"), "text/csv")}
    shown = await client.post("/clients/import", data={"csrf_token": token}, files=file)
    assert shown.status_code == 200, shown.text
    assert "Enter 1 client<" in shown.text
    form = {"csv": csv(GOOD), "do": "import", **{
        f"mapping.{field}": column
        for field, column in suggest_mapping(read_table(csv(GOOD)).header).items()
    }}  # fmt: skip
    done = await client.post("/clients/import/rows", data=form)
    assert "1 client was entered" in done.text
    nothing = await client.post("/clients/import", files={"file": ("x.csv", b"", "text/csv")})
    assert nothing.status_code == 422
