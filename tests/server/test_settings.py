from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import relevo
from relevo_server import check_bind, create_app, read_server_settings
from relevo_server.settings import check_server_table

pytestmark = pytest.mark.anyio


def test_settings_have_safe_defaults() -> None:
    settings = read_server_settings({})
    assert (settings.host, settings.port) == ("127.0.0.1", 7062)
    assert settings.cors_origins == []
    assert settings.max_body_bytes == 1024 * 1024
    assert settings.max_webhook_bytes > 3_000_000


def test_settings_from_the_environment_are_texts() -> None:
    origins = "http://localhost:3062, https://Shop.example"
    settings = read_server_settings({"port": "8080", "cors_origins": origins})
    assert settings.port == 8080
    assert settings.cors_origins == ["http://localhost:3062", "https://shop.example"]


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"prot": 1}, "server.prot"),
        ({"port": 70_000}, "server.port"),
        ({"port": "canary"}, "server.port"),
        ({"host": ""}, "server.host"),
        ({"cors_origins": ["*"]}, "server.cors_origins.0"),
        ({"cors_origins": ["http://localhost:3062/canary"]}, "server.cors_origins.0"),
        ({"heartbeat_s": 0}, "server.heartbeat_s"),
        ({"max_body_bytes": -1}, "server.max_body_bytes"),
    ],
)
def test_wrong_settings_name_the_key_and_not_the_value(table: dict[str, Any], key: str) -> None:
    with pytest.raises(relevo.ConfigurationError, match=key) as caught:
        read_server_settings(table)
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"prot": 1}, "server.prot: is no known key. Did you mean 'port'?"),
        ({"zzz": 1}, "server.zzz: is no known key. Known: host, port, demo_account,"),
        ({"port": "canary"}, "server.port: has to be a whole number."),
        ({"heartbeat_s": 0}, "server.heartbeat_s: has to be more than 0"),
    ],
)
def test_wrong_settings_are_told_in_plain_words(table: dict[str, Any], said: str) -> None:
    with pytest.raises(relevo.ConfigurationError) as caught:
        read_server_settings(table)
    assert str(caught.value).startswith(said)


def test_plugin_offers_the_check_of_its_table() -> None:
    """What would stop `relevo serve` is listed, and nothing where it would start."""
    (table,) = relevo.load_plugins().settings_tables()
    assert table.name == "server"

    def keys(**server: Any) -> list[str]:
        accounts = {"shop": {"provider": "console"}}
        settings = relevo.parse_settings({"accounts": accounts, "server": server})
        return [finding.key for finding in table.check(settings)]

    assert keys(demo_account="shop", port="0") == []
    assert keys(prot=1, port=-1) == ["server.port", "server.prot"]
    assert keys(host="::", demo_account="bakery") == ["server.host", "server.demo_account"]
    assert keys(host="::", without_keys="anywhere") == []


@pytest.mark.parametrize(
    ("engine", "there", "told"),
    [
        ("memory", False, ["server.host"]),
        ("sqlite:///none.db", False, ["server.host"]),
        ("sqlite:///kept.db", True, []),
        ("postgresql://db/relevo", False, []),
    ],
)
def test_a_store_that_may_hold_a_key_is_asked_by_the_start_alone(
    engine: str, told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    if there:
        (tmp_path / "kept.db").touch()
    settings = relevo.parse_settings({"engine": engine, "server": {"host": "::"}})
    assert [finding.key for finding in check_server_table(settings)] == told
    monkeypatch.setenv("RELEVO_BOOTSTRAP_KEY", "x" * 32)
    assert check_server_table(settings) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.1.2.3"])
def test_loopback_may_be_bound(host: str) -> None:
    check_bind(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.com", ""])  # noqa: S104
def test_anything_else_may_not_be_bound_without_keys(host: str) -> None:
    with pytest.raises(relevo.ConfigurationError, match=r"127\.0\.0\.1"):
        check_bind(host)


def test_a_demo_account_nobody_configured_stops_create_app(make_app: Any) -> None:
    with pytest.raises(relevo.ConfigurationError, match=r"demo_account.*bakery.*shop"):
        make_app(server={"demo_account": "bakery"})


def test_wrong_server_settings_stop_create_app(make_settings: Any) -> None:
    with pytest.raises(relevo.ConfigurationError, match=r"server\.prot"):
        create_app(make_settings(server={"prot": 1}))


async def test_without_an_engine_it_is_a_sqlite_file_here(
    make_settings: Any, acme: Any, in_process: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = create_app(make_settings(engine=None), providers=[acme])
    async with in_process(app) as client:
        assert (await client.get("/health/ready")).json()["engine"]["engine"] == "sqlite"
    assert (tmp_path / "relevo.db").is_file()
