from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

import relevo
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig
from relevo_meta_whatsapp.signature import sign

# Not what a JSON library would write again: only the raw bytes verify.
BODY = rb'{"a":"caf\u00e9 https:\/\/x.example \u0040"}'


def signed(secret: bytes, body: bytes = BODY) -> str:
    # Made here, and not by the plugin, so that both would have to be wrong alike.
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def request(headers: Mapping[str, str], body: bytes = BODY) -> relevo.WebhookRequest:
    return relevo.WebhookRequest("POST", "/", body, headers)


@pytest.mark.parametrize("secret", [b"canary-app-secret", b"canary-older-app-secret"])
@pytest.mark.parametrize("header", ["X-Hub-Signature-256", "x-hub-signature-256"])
def test_any_configured_secret_verifies(secret: bytes, header: str, provider: MetaWhatsApp) -> None:
    provider.verify_webhook(request({header: signed(secret)}))


def test_hexadecimal_digits_may_be_capitals(provider: MetaWhatsApp) -> None:
    digest = signed(b"canary-app-secret").removeprefix("sha256=").upper()
    provider.verify_webhook(request({"X-Hub-Signature-256": f"sha256={digest}"}))


GOOD = signed(b"canary-app-secret")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "sha256=",
        GOOD.removeprefix("sha256="),
        GOOD.replace("sha256=", "sha1="),
        GOOD[:-1],
        GOOD + "0",
        GOOD + "\n",
        " " + GOOD,
        f"{GOOD}, {GOOD}",
        "sha256=" + "g" * 64,
        "sha256=" + "é" * 64,
        "sha256=" + "\u0661" * 64,
        "sha256=\udcff" + "0" * 63,
        "SHA256=" + GOOD.removeprefix("sha256="),
        "sha256=" + "0" * 64,
        signed(b"another secret"),
        signed(b"canary-app-secret", BODY + b" "),
    ],
)
def test_a_malformed_or_wrong_signature_is_rejected(value: str, provider: MetaWhatsApp) -> None:
    with pytest.raises(relevo.WebhookRejected) as caught:
        provider.verify_webhook(request({"X-Hub-Signature-256": value}))
    assert "canary" not in caught.value.message


def test_a_missing_signature_is_rejected(provider: MetaWhatsApp) -> None:
    with pytest.raises(relevo.WebhookRejected, match="X-Hub-Signature-256"):
        provider.verify_webhook(request({}))


def test_the_old_sha1_signature_counts_for_nothing(provider: MetaWhatsApp) -> None:
    digest = hmac.new(b"canary-app-secret", BODY, hashlib.sha1).hexdigest()
    with pytest.raises(relevo.WebhookRejected):
        provider.verify_webhook(request({"X-Hub-Signature": f"sha1={digest}"}))


def test_without_an_app_secret_nothing_verifies_and_the_error_says_what_to_set() -> None:
    config = MetaWhatsAppConfig.model_validate({"phone_number_id": "1", "access_token": "x"})
    bare = MetaWhatsApp("shop", config, None)
    empty = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    with pytest.raises(relevo.WebhookRejected, match="Set app_secret"):
        bare.verify_webhook(request({"X-Hub-Signature-256": f"sha256={empty}"}))


@given(st.binary(), st.binary(min_size=1))
def test_what_sign_writes_is_what_meta_would_write(body: bytes, secret: bytes) -> None:
    assert sign(body, secret) == signed(secret, body)


def handshake(**query: str) -> relevo.WebhookRequest:
    names = {"mode": "hub.mode", "challenge": "hub.challenge", "token": "hub.verify_token"}
    return relevo.WebhookRequest(
        "GET", "/", query={names[name]: value for name, value in query.items()}
    )


def test_handshake_answers_with_the_bare_challenge(provider: MetaWhatsApp) -> None:
    reply = provider.webhook_challenge(
        handshake(mode="subscribe", challenge="1158201444", token="canary-verify-token")
    )
    assert (reply.status, reply.body) == (200, b"1158201444")
    assert reply.content_type.startswith("text/plain")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"mode": "subscribe", "challenge": "1"},
        {"mode": "subscribe", "challenge": "1", "token": ""},
        {"mode": "subscribe", "challenge": "1", "token": "wrong"},
        {"mode": "subscribe", "challenge": "1", "token": "canary-verify-token "},
        {"mode": "subscribe", "challenge": "1", "token": "canary-verify-tokén"},
        {"mode": "subscribe", "challenge": "1", "token": "\udcff"},
        {"mode": "subscribe", "challenge": "", "token": "canary-verify-token"},
        {"mode": "subscribe", "token": "canary-verify-token"},
        {"mode": "subscribe", "challenge": "1" * 257, "token": "canary-verify-token"},
        {"mode": "unsubscribe", "challenge": "1", "token": "canary-verify-token"},
        {"challenge": "1", "token": "canary-verify-token"},
    ],
)
def test_a_wrong_handshake_is_rejected(query: dict[str, str], provider: MetaWhatsApp) -> None:
    with pytest.raises(relevo.WebhookRejected) as caught:
        provider.webhook_challenge(handshake(**query))
    assert "canary" not in caught.value.message


def test_without_a_verify_token_no_handshake_succeeds() -> None:
    config = MetaWhatsAppConfig.model_validate({"phone_number_id": "1", "access_token": "x"})
    with pytest.raises(relevo.WebhookRejected, match="Set verify_token"):
        MetaWhatsApp("shop", config, None).webhook_challenge(
            handshake(mode="subscribe", challenge="1", token="")
        )
