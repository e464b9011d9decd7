"""Write the founding SQL and the fingerprint from the models and guards as they stand.

Only until the first release: afterwards a change of the schema is a new revision, written by hand,
and this program writes the fingerprint alone (`--fingerprint`).
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import create_async_engine

from guild import features
from guild.core.embedded import Embedded
from guild.migrations.run import FINGERPRINT, HERE, create_database, migrate
from guild.migrations.schema import fingerprint, statements

FOUNDING: Final = HERE / "versions" / "0001_founding.sql"


async def write_fingerprint(owner_url: str) -> int:
    """Migrate an empty database and record what came of it."""
    await create_database(owner_url)
    await migrate(owner_url)
    engine = create_async_engine(owner_url)
    async with engine.connect() as connection:
        found = await fingerprint(connection)
    await engine.dispose()
    FINGERPRINT.write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")
    return len(found)


def main() -> None:
    """Write both files, or the fingerprint alone."""
    assert features.MODELS, "the models are imported through the features"
    if "--fingerprint" not in sys.argv:
        FOUNDING.write_text("\n--;;\n".join(statements()) + "\n", encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with Embedded(Path(folder)) as servers:
            number = asyncio.run(write_fingerprint(servers.url()))
    sys.stdout.write(f"{number} objects in the fingerprint\n")


if __name__ == "__main__":
    main()
