"""What an account may say about where its provider answers; nothing of it is ever shown."""

from __future__ import annotations

import httpx
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


@pytest.mark.parametrize(
    "host", ["", "localhost", "https://a.example", "a.example:443", "A.b", "*.b"]
)
def test_further_host_that_is_no_hosts_name_is_refused(host: str) -> None:
    with pytest.raises(ConfigurationError, match="no host's name"):
        ClientSettings("https://graph.example.com", {}, also=(host,))


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://graph.example.com/x", True),
        ("https://files.example.net/x", True),
        ("https://a.b.example.org/x", True),
        ("https://FILES.example.net/x", True),
        ("https://graph.example.com:8443/x", False),
        ("http://graph.example.com/x", False),
        ("http://files.example.net/x", False),
        ("https://files.example.net:8443/x", False),
        ("https://evil-files.example.net/x", False),
        ("https://files.example.net.evil.example/x", False),
        ("https://example.org/x", False),
        ("https://evilexample.org/x", False),
    ],
)
def test_headers_go_to_the_own_origin_and_to_named_hosts_by_https_only(
    url: str,
    trusted: bool,  # noqa: FBT001 - a table
) -> None:
    settings = ClientSettings(
        "https://graph.example.com/v1", {}, also=("files.example.net", ".example.org")
    )
    assert settings.trusts(httpx.URL(url)) is trusted
