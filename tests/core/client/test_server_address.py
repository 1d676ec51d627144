"""Where a client looks for a server, and for the key that it shows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

import relevo
from relevo.client import Client
from relevo.server_address import find_key, find_server


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("RELEVO_"):
            monkeypatch.delenv(name)


def test_server_is_the_named_one_then_the_variables_then_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Client().url == "http://127.0.0.1:7062"
    Path("relevo.toml").write_text("[server]\nport = 81\n", "utf-8")
    assert Client().url == "http://127.0.0.1:81"
    monkeypatch.setenv("RELEVO_URL", "https://relay.example/")
    assert Client().url == "https://relay.example"
    assert Client("http://here:7062/api/v1/messaging").url == "http://here:7062"
    with pytest.raises(relevo.ConfigurationError, match="no address of a server"):
        find_server("here:7062")


def test_key_is_the_given_one_then_the_variables_then_the_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text("rlv_file\n", "utf-8")
    assert find_key() is None
    monkeypatch.setenv("RELEVO_API_KEY_FILE", str(file))
    assert find_key() == SecretStr("rlv_file")
    monkeypatch.setenv("RELEVO_API_KEY", "rlv_variable")
    assert find_key() == SecretStr("rlv_variable")
    assert find_key("rlv_given") == find_key(SecretStr("rlv_given")) == SecretStr("rlv_given")
    assert find_key(file=file) == SecretStr("rlv_file")


@pytest.mark.parametrize("text", ["", "  ", "canary\ncanary", "canary ñ"])
def test_what_can_be_no_key_is_refused_without_telling_it(text: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(text, "utf-8")
    with pytest.raises(relevo.ConfigurationError) as given:
        find_key(text)
    with pytest.raises(relevo.ConfigurationError) as read:
        find_key(file=file)
    assert "canary" not in f"{given.value}{read.value}"
    with pytest.raises(relevo.ConfigurationError, match="cannot be read"):
        find_key(file=tmp_path / "nothing")
