"""Settings: readable from the environment, and production refuses what is only for development."""

from base64 import b64encode

import pytest

from guild.core.settings import SettingsWrong, read_settings

SECRET = "1:" + b64encode(b"x" * 32).decode()


def production(tmp_path, **changes):
    key = tmp_path / "key.pem"
    key.write_bytes(b"-----BEGIN PRIVATE KEY-----")
    coop = tmp_path / "coop.toml"
    coop.write_text('name = "Invented Trades"\niban = "BE71096123456769"\n', encoding="utf-8")
    return {
        "GUILD_ENV": "production",
        "GUILD_SECRETS": SECRET,
        "GUILD_LOG_SEED": b64encode(b"s" * 32).decode(),
        **{
            f"GUILD_SEAL_{name}_FILE": str(key)
            for name in ("KEY", "CRL", "STAMP_KEY", "STAMP_CERT")
        },
        "GUILD_COOP_FILE": str(coop),
        "GUILD_BASE_URL": "https://guild.example",
        "GUILD_ALLOWED_HOSTS": "guild.example",
        "GUILD_DATABASE_URL": "postgresql+asyncpg://guild_app@db/guild",
        "GUILD_REDIS_URL": "redis://valkey:6379",
        **changes,
    }


def test_production_starts_with_keys_of_its_own(tmp_path):
    assert read_settings(production(tmp_path)).problems() == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GUILD_SECRETS", "", "built-in keys are public"),
        ("GUILD_SECRETS", "1:" + b64encode(b"short").decode(), "shorter than 32"),
        ("GUILD_DEBUG", "1", "GUILD_DEBUG"),
        ("GUILD_LOG_SEED", "", "sign the log"),
        ("GUILD_SEAL_KEY_FILE", "", "sealed"),
        ("GUILD_COOP_FILE", "", "an account that is not yours"),
        ("GUILD_BASE_URL", "http://guild.example", "https"),
        ("GUILD_ALLOWED_HOSTS", "", "Host"),
        ("GUILD_DATABASE_URL", "", "embedded"),
        ("GUILD_CLOCK_FILE", "/tmp/clock", "clock"),
    ],
)
def test_production_refuses(tmp_path, name, value, said):
    problems = read_settings(production(tmp_path, **{name: value})).problems()
    assert any(said in problem for problem in problems), problems


@pytest.mark.parametrize(
    "environ",
    [
        {"GUILD_ENV": "prod"},
        {"GUILD_SECRETS": "nonsense"},
        {"GUILD_SECRETS": "999:" + b64encode(b"x" * 32).decode()},
        {"GUILD_POOL_SIZE": "many"},
        {"GUILD_COOP_FILE": "/nowhere/coop.toml"},
    ],
)
def test_nonsense_is_named(environ):
    with pytest.raises(SettingsWrong):
        read_settings(environ)


def test_development_has_public_keys_and_never_shows_them():
    settings = read_settings({})
    assert settings.problems() == []
    assert settings.secret("a") != settings.secret("b")
