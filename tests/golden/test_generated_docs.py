"""The generated docs are what the program says today; `make golden` writes them anew."""

import os

import pytest

from scripts.generate_docs import GENERATED, ROOT


@pytest.mark.parametrize("name", GENERATED)
def test_golden_docs_are_current(name):
    made = GENERATED[name]()
    path = ROOT / name
    if os.environ.get("GUILD_GOLDEN") == "write":
        path.write_text(made, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == made, "run `make golden` and look at the diff"
