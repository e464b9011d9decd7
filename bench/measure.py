"""What the benchmarks share: alternating rounds, medians, a server of their own."""

import contextlib
import statistics
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec

from guild.core.embedded import APP_ROLE, Embedded
from guild.core.settings import Settings


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. `value` is a ratio, and more is better unless `less` is set."""

    number: str
    what: str
    value: float
    target: float
    hope: float
    how: str
    less: bool = False
    unit: str = ""

    @property
    def measured(self) -> str:
        return f"{self.value:.2f}{self.unit}"

    @property
    def at_least(self) -> str:
        return f"{'≤ ' if self.less else ''}{self.target:g}{self.unit}"

    @property
    def moonshot(self) -> str:
        return f"{'≤ ' if self.less else ''}{self.hope:g}{self.unit}"

    @property
    def verdict(self) -> str:
        met = self.value <= self.target if self.less else self.value >= self.target
        best = self.value <= self.hope if self.less else self.value >= self.hope
        return "beyond" if best else "met" if met else "SHORT"


async def alternate(
    rounds: int, ours: Callable[[], Awaitable[float]], yardstick: Callable[[], Awaitable[float]]
) -> tuple[float, float, float]:
    """Run A B A B …; the median ratio A/B round by round, and both medians. One warm-up each."""
    await ours()
    await yardstick()
    pairs = [(await ours(), await yardstick()) for _ in range(rounds)]
    ratio = statistics.median(a / b for a, b in pairs)
    return ratio, statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


@contextlib.contextmanager
def servers() -> Iterator[tuple[Embedded, Settings]]:
    """Embedded servers in a temporary folder, gone afterwards; not yet migrated."""
    with tempfile.TemporaryDirectory(prefix="guild-bench-") as folder:
        Path(folder).chmod(0o755)
        with Embedded(Path(folder)) as embedded:
            yield embedded, Settings(
                env="test", database_url=embedded.url(role=APP_ROLE), owner_url=embedded.url(),
                redis_url=embedded.redis_url, data_dir=Path(folder) / "var",
                base_url="http://guild.test", pool_size=8,
            )  # fmt: skip
