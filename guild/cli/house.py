"""What every command needs: the two consoles, the servers, the System."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from rich.console import Console

from guild import features
from guild.core.clock import file_clock, utc_now
from guild.core.embedded import Embedded
from guild.core.settings import Settings
from guild.core.work import System

console: Final = Console()
complaints: Final = Console(stderr=True)
Told = TypeVar("Told")


@contextlib.contextmanager
def served(settings: Settings) -> Iterator[Settings]:
    """Settings that name both servers; those that are missing are started for the time being."""
    if settings.database_url and settings.redis_url:
        yield settings
        return
    with Embedded(settings.data_dir) as servers:
        yield msgspec.structs.replace(settings, **servers.settings_over(settings))


def make_system(settings: Settings) -> System:
    """The System of this process, on the wall clock or on a story's."""
    clock = file_clock(Path(settings.clock_file)) if settings.clock_file else utc_now
    return features.make_system(settings, clock=clock)


def ask_house(settings: Settings, act: Callable[[System], Coroutine[Any, Any, Told]]) -> Told:
    """Do something with a System that lives as long as it; the servers must be named."""

    async def living() -> Told:
        system = make_system(settings)
        try:
            return await act(system)
        finally:
            await features.close(system)

    return asyncio.run(living())
