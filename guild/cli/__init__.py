"""The command line: `guild up | migrate | check | verify | demo | …`.

Each command reads the settings from the environment once. Where no server is named, the embedded
PostgreSQL and Valkey are started under the data folder and stopped at the end.

    serving    up, api, relay, worker, migrate: the processes and the database they stand on
    proving    check, export, verify, verify-document, openapi: what can be shown to others
    keeping    appoint, dead, make-seal, rotate-keys: what a person does to an installation
    faults     what went wrong outside of us, as a sentence
"""

from guild.cli.main import main, parser

__all__ = ["main", "parser"]
