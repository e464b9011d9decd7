"""What a person gets wrong at the command line ends in a sentence and a code, not a traceback."""

import socket
from pathlib import Path

import pytest
import redis
from sqlalchemy.exc import ProgrammingError

from guild.cli import main
from guild.cli.faults import UNUSABLE, sentence_of
from guild.core.settings import Settings

NOBODY = {
    "GUILD_DATABASE_URL": "postgresql+asyncpg://guild_app:hidden@127.0.0.1:1/guild",
    "GUILD_REDIS_URL": "redis://127.0.0.1:1",
}


def said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object,
    **environ: str,
) -> str:  # fmt: skip
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main([str(one) for one in arguments])
    assert ended.value.code == UNUSABLE
    told = capsys.readouterr().err
    assert "Traceback" not in told
    return told


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify", "nowhere"], "holds no public files"),
        (["verify-document", "nowhere.pdf"], "nowhere.pdf: No such file"),
        (["verify-document", "."], "Is a directory"),
        (["dead", "--replay", "1"], "1 is no job's id"),
        (["demo", "--story", "nowhere"], ""),
        (["up", "--port", "99999"], "99999 is no port"),
        (["up", "--api", "0"], "0 is no number of processes"),
        (["api", "--fd", "999"], "no socket that was handed on"),
        (["worker"], "Set GUILD_DATABASE_URL"),
    ],
)
def test_wrong_use_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: list[str], sentence: str,
) -> None:  # fmt: skip
    assert sentence in said(monkeypatch, capsys, *arguments)


@pytest.mark.enable_socket
@pytest.mark.parametrize("command", ["check", "dead", "rotate-keys", "relay"])
def test_a_database_that_does_not_answer_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    told = said(monkeypatch, capsys, command, **NOBODY)
    assert "The database at 127.0.0.1:1 cannot be reached: connection refused." in told
    assert "hidden" not in told


def test_addresses_and_words_that_are_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {**NOBODY, "GUILD_DATABASE_URL": "nonsense"}
    assert "is no address of a database" in said(monkeypatch, capsys, "check", **wrong)
    told = said(monkeypatch, capsys, "check", GUILD_LOG_LEVEL="loud")
    assert "GUILD_LOG_LEVEL is loud" in told


def test_migrating_needs_the_owner(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "GUILD_OWNER_URL is missing" in said(monkeypatch, capsys, "migrate", **NOBODY)


@pytest.mark.enable_socket
def test_a_port_that_is_taken_ends_the_start_and_spares_the_other_demo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    kept = tmp_path / "demo" / "clock"
    kept.parent.mkdir()
    kept.touch()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        told = said(monkeypatch, capsys, "up", "--port", port)
        assert f"127.0.0.1:{port} cannot be listened on" in told
        said(monkeypatch, capsys, "demo", "--port", port, GUILD_DATA_DIR=str(tmp_path))
    assert kept.exists()


def test_a_seal_is_never_overwritten(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "seal-key.pem").touch()
    told = said(monkeypatch, capsys, "make-seal", tmp_path, "--name", "Example")
    assert "never overwritten" in told
    assert [one.name for one in tmp_path.iterdir()] == ["seal-key.pem"]


def test_faults_of_servers_are_sentences_and_our_own_mistakes_are_not() -> None:
    class Missing(Exception):
        sqlstate = "42P01"

    settings = Settings(redis_url="redis://:hidden@valkey.example:6379")
    unmigrated = ProgrammingError("SELECT", {}, Missing("no such table"))
    assert "Run `guild migrate`" in (sentence_of(unmigrated, settings) or ("",))[0]
    silent = sentence_of(redis.ConnectionError("refused"), settings)
    assert silent is not None
    assert "valkey.example:6379" in silent[0]
    assert "hidden" not in silent[0]
    assert sentence_of(KeyError("ours"), settings) is None
