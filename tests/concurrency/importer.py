"""A process that imports one bank file when it is told to: `python -m tests.concurrency.importer`.

Arguments: the file, and the id of the treasurer. It says `ready`, waits for a line, imports, and
says how many entries were new. The settings come from the environment, as for `guild api`.
"""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from guild import features
from guild.core.clock import file_clock
from guild.core.permissions import SYSTEM, Role
from guild.core.settings import read_settings
from guild.core.work import begin_work
from guild.members.models import Member
from guild.treasury.commands import import_statements
from tests.factories import Factories


def say(word: object) -> None:
    """One line to whoever started this process."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def main(content: bytes, treasurer_id: UUID) -> None:
    """Get everything ready, wait for the word, import."""
    settings = read_settings()
    system = features.make_system(settings, clock=file_clock(Path(settings.clock_file)))
    try:
        async with begin_work(system, SYSTEM, read_only=True) as work:
            treasurer = await work.session.get_one(Member, treasurer_id)
            make = Factories(system)
            make.offices[treasurer.id] = frozenset({Role.TREASURER})
            actor = make.actor(treasurer)
        say("ready")
        await asyncio.to_thread(sys.stdin.readline)
        async with begin_work(system, actor) as work:
            told = await import_statements(work, content)
        say(told.new_entries)
    finally:
        await features.close(system)
        await system.engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).read_bytes(), UUID(sys.argv[2])))
