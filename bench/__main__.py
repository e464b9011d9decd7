"""`make bench`: run every benchmark and print one table of ratios.

Absolute times say more about the machine than about the program, so each row is the ratio of our
path to a yardstick that ran in turn with it on the same embedded server. A row below its target is
printed as such; nothing fails.
"""

import importlib
import sys
import time
import traceback
import warnings

from rich.console import Console
from rich.table import Table

from bench.measure import Row

MODULES = (
    "http", "queue", "merkle", "pdf", "documents", "contracts", "signing", "statements", "payouts",
    "growth",
)  # fmt: skip

warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")


def main(names: tuple[str, ...]) -> int:
    console = Console()
    table = Table("#", "what", "measured", "at least", "moonshot", "", "how")
    failures = 0
    for name in names:
        began = time.monotonic()
        console.print(f"[dim]{name} …[/dim]")
        try:
            rows: list[Row] = importlib.import_module(f"bench.{name}").rows()
        except Exception:
            console.print(traceback.format_exc())
            failures += 1
            continue
        for row in rows:
            table.add_row(row.number, row.what, row.measured, row.at_least, row.moonshot,
                          row.verdict, row.how)  # fmt: skip
        console.print(f"[dim]{name} took {time.monotonic() - began:.0f} s[/dim]")
    console.print(table)
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main(tuple(sys.argv[1:]) or MODULES))
