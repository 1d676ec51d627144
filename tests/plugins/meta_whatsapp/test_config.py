from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig

MINIMAL = {"phone_number_id": "770055001122", "access_token": "canary-access-token"}


def configure(**settings: Any) -> MetaWhatsAppConfig:
    return MetaWhatsAppConfig.model_validate({**MINIMAL, **settings})


def test_two_settings_are_enough() -> None:
    config = configure()
    assert (config.api_version, config.base_url) == ("v25.0", "https://graph.facebook.com")
    assert config.app_secrets == ()


def test_a_number_id_may_be_written_as_a_number() -> None:
    assert configure(phone_number_id=770055001122).phone_number_id == "770055001122"


@pytest.mark.parametrize(
    "settings",
    [
        {"phone_number_id": ""},
        {"phone_number_id": "../me"},
        {"phone_number_id": "+34 600"},
        {"access_token": ""},
        {"access_token": "canary-access-token\n"},
        {"access_token": "canary access token"},
        {"access_token": "canary-tokén"},
        {"app_secret": ""},
        {"app_secret": []},
        {"app_secret": ["canary-secret", ""]},
        {"verify_token": ""},
        {"api_version": "25.0"},
        {"api_version": "v25"},
        {"api_version": "v25.0/evil"},
        {"api_version": "latest"},
        {"base_url": "graph.facebook.com"},
        {"base_url": "ftp://graph.facebook.com"},
        {"base_url": "https://"},
        {"base_url": "http://graph.facebook.com"},
        {"base_url": "http://localhost.evil.example"},
        {"base_url": "http://127.0.0.1.evil.example"},
        {"base_url": "http://10.0.0.1"},
        {"acess_token": "canary-typo"},
    ],
)
def test_settings_that_cannot_work_are_refused_without_showing_them(
    settings: dict[str, Any],
) -> None:
    with pytest.raises(ValidationError) as caught:
        configure(**settings)
    assert "canary" not in str(caught.value)
    assert next(iter(settings)) in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "https://proxy.example/meta/",
        "http://127.0.0.1:8080",
        "http://localhost:1",
        "http://[::1]:1",
    ],
)
def test_other_base_urls_are_taken(base_url: str) -> None:
    assert configure(base_url=base_url).base_url == base_url.rstrip("/")


def test_plain_http_elsewhere_says_why_not() -> None:
    with pytest.raises(ValidationError, match="plain http would show the access token"):
        configure(base_url="http://graph.facebook.com")


def test_secrets_may_be_one_or_several() -> None:
    assert configure(app_secret="a").app_secrets == (b"a",)
    assert configure(app_secret=["a", "b"]).app_secrets == (b"a", b"b")


def test_no_repr_shows_a_secret() -> None:
    config = configure(app_secret=["canary-1", "canary-2"], verify_token="canary-3")
    settings = MetaWhatsApp.client_settings(config)
    provider = MetaWhatsApp("shop", config, None)
    assert "canary" not in f"{config!r} {config} {settings!r} {provider!r}"


def test_the_token_goes_into_one_header() -> None:
    settings = MetaWhatsApp.client_settings(configure())
    assert settings.base_url == "https://graph.facebook.com"
    headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
    assert headers == {"Authorization": "Bearer canary-access-token"}


def test_proof_is_made_of_the_token_with_the_first_secret() -> None:
    """Computed apart: `printf token | openssl dgst -sha256 -hmac secret`."""
    config = configure(access_token="token", app_secret=["secret", "older"], appsecret_proof=True)
    assert config.proof is not None
    proof = config.proof.get_secret_value()
    assert proof == "e941110e3d2bfe82621f0e3e1434730d7305d106c5f68c87165d0b27a4611a4a"
    assert proof not in f"{config!r} {config.proof!r} {MetaWhatsApp.client_settings(config)!r}"
    assert configure(app_secret="secret").proof is None


def test_proof_needs_a_secret() -> None:
    with pytest.raises(ValidationError, match="appsecret_proof needs app_secret"):
        configure(appsecret_proof=True)


@pytest.mark.parametrize(
    ("base_url", "trusted"),
    [("https://graph.facebook.com", True), ("https://proxy.example", True)]
    + [(f"http://{host}:9000", False) for host in ("127.0.0.1", "localhost", "[::1]")],
)
def test_a_sandboxs_token_goes_to_none_of_metas_hosts(
    base_url: str,
    trusted: bool,  # noqa: FBT001 - a table
) -> None:
    settings = MetaWhatsApp.client_settings(configure(base_url=base_url))
    assert settings.trusts(httpx.URL("https://lookaside.fbsbx.com/x")) is trusted
