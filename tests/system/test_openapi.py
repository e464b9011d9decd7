"""The OpenAPI document says what the routes declare, and its page works without the internet."""

import re
from typing import Any

import httpx
import jsonschema
import pytest
import schemathesis

from guild.core.permissions import Permission
from guild.web.app import create_app
from guild.web.openapi import DOCS_ASSETS, document, operations


@pytest.fixture
def described(system: Any) -> dict[str, Any]:
    """The completed document."""
    return document(create_app(system))


async def test_every_operation_is_told_in_full(described: dict[str, Any]) -> None:
    schemathesis.openapi.from_dict(described).validate()
    known = {permission.value for permission in Permission}
    ids = []
    for path, method, operation in operations(described):
        where = f"{method} {path}"
        ids.append(operation["operationId"])
        assert operation.get("summary"), where
        assert operation.get("description"), where
        assert operation.get("tags"), where
        assert operation["x-permission"] in known, where
        assert (operation["security"] == []) == (operation["x-permission"] == "public"), where
        refused = [code for code in operation["responses"] if code >= "400"]
        assert {"500", "503"} <= set(refused), where
        for code in refused:
            assert operation["responses"][code]["$ref"].endswith(f"Problem{code}"), where
    assert len(ids) == len(set(ids))
    assert {tag["name"] for tag in described["tags"] if "description" not in tag} == set()


async def test_files_are_told_as_each_kind_that_they_come_in(described: dict[str, Any]) -> None:
    told = {
        path: set(operation["responses"]["200"]["content"])
        for path, method, operation in operations(described)
        if method == "get" and "content" in operation["responses"]["200"]
    }
    table = {"text/csv", "application/pdf"}
    assert told["/api/v1/invoice/statement/{kind}"] == table
    assert told["/api/v1/clients/{client_id}/statement/{kind}"] == table
    assert told["/api/v1/invoices/{invoice_id}/{kind}"] == {
        "application/pdf", "application/xml", "application/json",
    }  # fmt: skip
    assert told["/api/v1/objections/{objection_id}/files/{document_id}"] == {
        "application/pdf", "image/jpeg", "image/png",
    }  # fmt: skip


async def test_repeatable_operations_name_their_key(described: dict[str, Any]) -> None:
    keyed = [
        path
        for path, _, operation in operations(described)
        if any(p["name"] == "Idempotency-Key" for p in operation.get("parameters", []))
    ]
    assert "/api/v1/invoices/{invoice_id}/issue" in keyed
    assert "/api/v1/reviews/{review_id}/take" not in keyed


async def test_examples_fit_their_schemas(described: dict[str, Any]) -> None:
    checked = 0
    for path, method, operation in operations(described):
        media = (operation.get("requestBody") or {}).get("content", {}).get("application/json")
        if not media or "example" not in media:
            continue
        whole = {**media["schema"], "components": described["components"]}
        fitting = jsonschema.Draft202012Validator(whole)
        faults = [f"{f.json_path}: {f.message}" for f in fitting.iter_errors(media["example"])]
        assert not faults, (method, path, faults)
        checked += 1
    assert checked > 20


async def test_pages_are_no_part_of_the_interface(described: dict[str, Any]) -> None:
    assert all(path.startswith(("/api/v1/", "/health", "/ready")) for path in described["paths"])


async def test_the_docs_work_offline(http: httpx.AsyncClient) -> None:
    page = (await http.get("/docs")).text
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    for asset in DOCS_ASSETS:
        assert asset in page
        assert (await http.get(asset)).status_code == 200
    told = await http.get("/docs/openapi.json")
    assert told.json()["openapi"].startswith("3.1")
