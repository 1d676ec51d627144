"""Settings: the file, the environment over it, and errors that name key and place."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

import relevo
from relevo.config import Settings, load_settings, parse_settings

META = {"META_VERTICE360_WABA_TOKEN": "canary-token", "PHONE_NUMBER_ID": "1064"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test an empty working directory and an empty environment of ours."""
    for name in os.environ:
        if name.startswith(("RELEVO_", "META_")) or name == "PHONE_NUMBER_ID":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(home: Path, text: str, name: str = "relevo.toml") -> Path:
    path = home / name
    path.write_text(text, encoding="utf-8")
    return path


def set_variables(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_defaults_without_a_file() -> None:
    settings = load_settings()
    assert settings.engine == "sqlite:///relevo.db"
    assert settings.accounts == {}
    assert settings.default_account is None
    assert settings.plugins.enabled is None
    assert settings.pipeline.layers == [
        "tracing",
        "logging",
        "persistence",
        "events",
        "timeout",
    ]
    assert settings.worker.model_dump() == {
        "slots": 32,
        "attempt_s": 15,
        "lease_s": 20,
        "max_attempts": 8,
        "retry_base_s": 2,
        "retry_cap_s": 300,
        "message_life_s": 86_400,
        "health_every_s": 900,
    }


def test_settings_made_in_code_read_neither_file_nor_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, "engine = 'memory'")
    monkeypatch.setenv("RELEVO_WORKER__SLOTS", "3")
    assert Settings().engine is None
    assert Settings().worker.slots == 32


def test_file_in_the_working_directory_is_read(home: Path) -> None:
    write(
        home,
        """
        engine = "memory"
        default_account = "shop"
        [accounts.shop]
        provider = "console"
        colour = "red"
        [accounts.shop.auth]
        token = "env:TOKEN"
        [plugins]
        disabled = ["acme"]
        [server]
        port = 7062
        """,
    )
    settings = load_settings()
    assert settings.engine == "memory"
    assert settings.accounts["shop"].provider == "console"
    assert settings.accounts["shop"].values == {"colour": "red", "auth": {"token": "env:TOKEN"}}
    assert settings.plugins.disabled == ["acme"]
    assert settings.server == {"port": 7062}


def test_environment_lies_over_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(
        home,
        """
        engine = "memory"
        [accounts.shop]
        provider = "console"
        colour = "red"
        size = "big"
        [worker]
        slots = 4
        max_attempts = 2
        """,
        "other.toml",
    )
    set_variables(
        monkeypatch,
        {
            "RELEVO_ENGINE": "sqlite:///x.db",
            "RELEVO_ACCOUNTS__SHOP__COLOUR": "blue",
            "RELEVO_ACCOUNTS__SHOP__PHONE_NUMBER_ID": "0012345",
            "RELEVO_ACCOUNTS__SHOP__APP_SECRET": '["env:NEW", "env:OLD"]',
            "RELEVO_WORKER__SLOTS": "9",
            "RELEVO_PLUGINS__ENABLED": "console, meta_whatsapp",
            "RELEVO_PLUGINS__DISABLED": '["acme"]',
            "RELEVO_PIPELINE__LAYERS": "logging",
            "RELEVO_DEFAULT_ACCOUNT": "",
        },
    )
    settings = load_settings(path)
    assert settings.engine == "sqlite:///x.db"
    assert settings.accounts["shop"].values == {
        "colour": "blue",
        "size": "big",
        "phone_number_id": "0012345",
        "app_secret": ["env:NEW", "env:OLD"],
    }
    assert (settings.worker.slots, settings.worker.max_attempts) == (9, 2)
    assert settings.plugins.enabled == ["console", "meta_whatsapp"]
    assert settings.plugins.disabled == ["acme"]
    assert settings.pipeline.layers == ["logging"]
    assert settings.default_account is None


def test_digits_in_a_variable_stay_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A phone number id must not become a number on its way to a model that wants text."""
    monkeypatch.setenv("RELEVO_ACCOUNTS__SHOP__PROVIDER", "console")
    monkeypatch.setenv("RELEVO_ACCOUNTS__SHOP__PHONE_NUMBER_ID", "1064")
    assert load_settings().accounts["shop"].values == {"phone_number_id": "1064"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[worker]\nslotz = 1",
            "relevo.toml: worker.slotz: is no known key. Did you mean 'slots'?",
        ),
        ("engin = 'x'", "relevo.toml: engin: is no known key. Did you mean 'engine'?"),
        ("[account.x]\nprovider = 'x'", "account: is no known key. Did you mean 'accounts'?"),
        ("[zzz]", "relevo.toml: zzz: is no known key. Known: engine, accounts"),
        (
            "[worker]\nslots = 'canary'",
            "relevo.toml: worker.slots: has to be a whole number.",
        ),
        ("[worker]\nslots = 0", "relevo.toml: worker.slots: has to be more than 0."),
        ("[worker]\nattempt_s = 20", "worker: attempt_s (20) has to be less than lease_s (20)."),
        (
            "[worker]\nretry_base_s = 400",
            "retry_base_s (400) has to be less than retry_cap_s (300)",
        ),
        ("[plugins]\nstrict = 'canary'", "relevo.toml: plugins.strict: has to be true or false."),
        ("[worker]\nlease_s = 'canary'", "relevo.toml: worker.lease_s: has to be a number."),
        ("engine = 3", "relevo.toml: engine: has to be text."),
        ("worker = 3", "relevo.toml: worker: has to be a table."),
        ("accounts = 'canary'", "relevo.toml: accounts: has to be a table."),
        ("[accounts.shop]", "relevo.toml: accounts.shop.provider: is missing."),
        ("[accounts.'a/b']\nprovider = 'x'", "relevo.toml: accounts.a/b"),
    ],
)
def test_wrong_setting_names_file_and_key_and_no_value(home: Path, text: str, words: str) -> None:
    write(home, text)
    with pytest.raises(relevo.ConfigurationError) as refusal:
        load_settings()
    assert words in str(refusal.value)
    assert "canary" not in str(refusal.value)
    assert refusal.value.__context__ is None


def test_all_wrong_settings_are_told_at_once(home: Path) -> None:
    write(home, "engin = 'x'\n[worker]\nslots = 0")
    with pytest.raises(relevo.ConfigurationError, match=r"engin: .*worker\.slots: |worker.*engin"):
        load_settings()


def test_wrong_variable_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, "[worker]\nslots = 3")
    monkeypatch.setenv("RELEVO_WORKER__SLOTS", "canary")
    with pytest.raises(relevo.ConfigurationError) as refusal:
        load_settings()
    assert "environment variable RELEVO_WORKER__SLOTS: worker.slots: " in str(refusal.value)
    assert "canary" not in str(refusal.value)


def test_key_missing_in_file_and_environment_is_the_files(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, "[accounts.shop]\ncolour = 'red'")
    monkeypatch.setenv("RELEVO_ACCOUNTS__SHOP__SIZE", "big")
    with pytest.raises(relevo.ConfigurationError, match=r"^relevo\.toml: accounts\.shop\.provider"):
        load_settings()


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("RELEVO_WORKER__SLOTZ", "environment variable RELEVO_WORKER__SLOTZ: worker.slotz: is no"),
        ("RELEVO_WORKER", "environment variable RELEVO_WORKER: worker: has to be a table"),
        (
            "RELEVO_ACCOUNTS__SHOP__TOKEN",
            "RELEVO_ACCOUNTS__SHOP: accounts.shop.provider: is missing",
        ),
    ],
)
def test_variable_that_fits_no_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, words: str
) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.raises(relevo.ConfigurationError) as refusal:
        load_settings()
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("RELEVO_WORKER_SLOTS", "RELEVO_WORKER__SLOTS"),
        ("RELEVO_WORKERS__SLOTS", "RELEVO_WORKER__SLOTS"),
        ("RELEVO_ENGIN", "RELEVO_ENGINE"),
    ],
)
def test_variable_that_nearly_fits_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, variable: str, meant: str
) -> None:
    monkeypatch.setenv(variable, "canary")
    monkeypatch.setenv("RELEVO_BOOTSTRAP_KEY", "canary")
    with caplog.at_level(logging.WARNING):
        load_settings()
    assert caplog.messages == [f"{variable} names no setting and is ignored. Did you mean {meant}?"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"engine = 'memory'\nworker = = 3\n", "this is no TOML: Invalid value (at line 2"),
        (b"a = 1\nb = '\xff'\n", "is not UTF-8 text (line 2)"),
        (b"a = " + b"[" * 100_000, "this is no TOML"),
        (b"a = " + b"9" * 5_000, "this is no TOML"),
    ],
    ids=["malformed", "not utf-8", "too deep", "endless number"],
)
def test_malformed_file_is_named_with_the_line(home: Path, content: bytes, words: str) -> None:
    path = home / "relevo.toml"
    path.write_bytes(content)
    with pytest.raises(relevo.ConfigurationError) as refusal:
        load_settings()
    assert str(refusal.value).startswith("relevo.toml: ")
    assert words in str(refusal.value)


def test_named_file_has_to_exist(home: Path) -> None:
    with pytest.raises(relevo.ConfigurationError, match=r"absent\.toml: .*No such file"):
        load_settings("absent.toml")
    with pytest.raises(relevo.ConfigurationError, match="cannot be read"):
        load_settings(home)


def test_metas_variables_alone_make_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, {**META, "META_APP_SECRET": "canary", "META_API_VERSION": "v25.0"})
    settings = load_settings()
    assert list(settings.accounts) == ["default"]
    assert settings.accounts["default"].provider == "meta_whatsapp"
    assert settings.accounts["default"].values == {
        "access_token": "env:META_VERTICE360_WABA_TOKEN",
        "phone_number_id": "env:PHONE_NUMBER_ID",
        "app_secret": "env:META_APP_SECRET",
        "api_version": "env:META_API_VERSION",
    }
    assert "canary" not in repr(settings)


def test_metas_other_variables_have_their_places(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(
        monkeypatch, {**META, "META_VERIFY_TOKEN": "x", "META_BASE_URL": "http://127.0.0.1:1"}
    )
    values = load_settings().accounts["default"].values
    assert values["verify_token"] == "env:META_VERIFY_TOKEN"
    assert values["base_url"] == "env:META_BASE_URL"


@pytest.mark.parametrize("missing", META)
def test_one_of_metas_variables_makes_no_account(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    set_variables(monkeypatch, {**META, missing: ""})
    assert load_settings().accounts == {}


def test_configured_account_outranks_metas_variables(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_variables(monkeypatch, META)
    write(home, "[accounts.shop]\nprovider = 'console'")
    assert list(load_settings().accounts) == ["shop"]


def test_engine_may_be_a_reference(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, "engine = 'env:STORE'")
    with pytest.raises(relevo.ConfigurationError, match=r"relevo.toml: engine: .*'STORE' is not"):
        load_settings()
    monkeypatch.setenv("STORE", "sqlite:///elsewhere.db")
    assert load_settings().engine == "sqlite:///elsewhere.db"


def test_tables_of_a_program_are_settings_too() -> None:
    settings = parse_settings({"accounts": {"shop": {"provider": "console"}}})
    assert settings.accounts["shop"].provider == "console"
    with pytest.raises(relevo.ConfigurationError, match=r"settings: accounts\.shop\.provider"):
        parse_settings({"accounts": {"shop": {}}})


def test_values_that_may_be_secret_are_in_no_repr() -> None:
    settings = parse_settings(
        {
            "engine": "postgresql://canary@db",
            "accounts": {"shop": {"provider": "console", "token": "canary"}},
            "server": {"key": "canary"},
        }
    )
    assert "canary" not in f"{settings!r} {settings}"
    assert "console" in repr(settings)
