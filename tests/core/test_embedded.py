"""Installations that start in the same instant do not end on one another's servers."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import redis

from guild.core.embedded import own_valkey


def test_servers_that_start_at_once_have_a_port_of_their_own(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(4)]
    with ThreadPoolExecutor(len(folders)) as together:
        servers = list(together.map(own_valkey, folders))
    try:
        assert len({server.port for server in servers}) == len(folders)
        for folder, server in zip(folders, servers, strict=True):
            with redis.Redis(port=server.port) as client:
                assert folder.samefile(client.config_get("dir")["dir"])
    finally:
        for server in servers:
            server.stop()
