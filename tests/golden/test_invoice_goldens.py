"""Every sort of document as it leaves the house: two files, text, picture, and the books after it.

The files of a case lie in `invoices/<case>.*`. `GUILD_GOLDEN=write` writes them anew; look at the
difference, and at the pictures. Each case is judged by the official rules as it is made.
"""

import os
import shutil
from pathlib import Path

import pytest

from guild.core.work import System
from guild.documents.press import Press
from tests.golden.invoice_cases import CASES
from tests.golden.invoice_maker import Maker, difference

GOLDEN = Path(__file__).parent / "invoices"
WRITE = os.environ.get("GUILD_GOLDEN") == "write"
FAR = 2.0
"""Mean step of grey by which a picture may differ: another rasteriser's edges, not another sum."""
KEPT_BYTES_MAX = 3_000_000

pytestmark = [
    pytest.mark.skipif(not shutil.which("pdftoppm"), reason="poppler is absent"),
    pytest.mark.filterwarnings("ignore:.*sRGB2014:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def press() -> Press:
    """One press for all cases: it takes a second to make."""
    return Press()


@pytest.mark.parametrize("name", CASES)
async def test_golden_invoice(system: System, press: Press, name: str) -> None:
    made = await Maker(system, press).files(CASES[name])
    for ending, content in made.items():
        path = GOLDEN / f"{name}.{ending}"
        if WRITE:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        kept = path.read_bytes()
        if ending == "png":
            far = difference(content, kept)
            assert far <= FAR, f"{path.name} differs by {far:.1f} of 255"
        else:
            assert content.decode() == kept.decode(), f"run with GUILD_GOLDEN=write: {path.name}"


def test_golden_invoices_are_of_cases_that_exist_and_small() -> None:
    kept = list(GOLDEN.iterdir())
    assert {path.name.partition(".")[0] for path in kept} == set(CASES)
    assert sum(path.stat().st_size for path in kept) <= KEPT_BYTES_MAX
    assert len(CASES) >= 40
