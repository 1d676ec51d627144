"""What an account may say about where its provider answers; nothing of it is ever shown."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from relevo.errors import ConfigurationError
from relevo.http import ClientSettings

SECRET = "canary-4711"


@pytest.mark.parametrize(
    ("base_url", "reason"),
    [
        ("graph.example.com", "begin with https"),
        ("ftp://graph.example.com", "begin with https"),
        ("https://", "name a host"),
        (f"https://me:{SECRET}@graph.example.com", "user name or password"),
        (f"https://graph.example.com?token={SECRET}", "query"),
        ("https://graph.example.com\n", "no URL"),
    ],
)
def test_base_url_that_cannot_work_is_refused_with_what_to_do(base_url: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as caught:
        ClientSettings(base_url, {})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("value", [f"{SECRET}\n", f"{SECRET} ", f"{SECRET}ñ", ""])
def test_header_value_http_cannot_carry_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(ConfigurationError, match="'authorization'") as caught:
        ClientSettings("https://graph.example.com", {"authorization": SecretStr(value)})
    assert SECRET not in str(caught.value)


def test_settings_show_no_secret() -> None:
    settings = ClientSettings("https://graph.example.com", {"x-api-key": SecretStr(SECRET)})
    assert SECRET not in f"{settings!r} {settings}"
