"""Whether a webhook is Meta's: the HMAC over its raw bytes, the token of the handshake."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from relevo import WebhookRejected, WebhookReply, WebhookUnverifiable

SIGNATURE_HEADER = "x-hub-signature-256"
_SIGNATURE = re.compile(r"sha256=([0-9a-fA-F]{64})")
_MAX_CHALLENGE = 256


def sign(body: bytes, secret: bytes) -> str:
    """Make the header value Meta would send with these bytes."""
    return f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"


def check_signature(
    account: str, body: bytes, headers: Mapping[str, str], secrets: Sequence[bytes]
) -> None:
    """Refuse a body that none of the app's secrets signed.

    Raises:
        WebhookRejected: No secret is configured, or the header is missing, malformed or wrong.
    """
    if not secrets:
        msg = (
            f"Account {account!r}: the webhook cannot be verified because no app_secret is "
            "configured. Set app_secret to the App Secret of the App Dashboard (Settings, Basic)."
        )
        raise WebhookUnverifiable(msg)
    match = _SIGNATURE.fullmatch(headers.get(SIGNATURE_HEADER, ""))
    if match is None:
        msg = (
            f"Account {account!r}: the webhook carries no well-formed X-Hub-Signature-256 header; "
            "Meta sends 'sha256=' and 64 hexadecimal digits."
        )
        raise WebhookRejected(msg)
    given = bytes.fromhex(match[1])
    # No early end: the time taken says nothing about which secret came close.
    verdicts = [
        hmac.compare_digest(hmac.new(secret, body, hashlib.sha256).digest(), given)
        for secret in secrets
    ]
    if not any(verdicts):
        msg = (
            f"Account {account!r}: the webhook's signature is wrong. If Meta sent it, app_secret "
            "is not the secret of the app that sends."
        )
        raise WebhookRejected(msg)


def answer_challenge(
    account: str, query: Mapping[str, str], verify_token: str | None
) -> WebhookReply:
    """Answer Meta's handshake with its challenge.

    Raises:
        WebhookRejected: No token is configured, or the request is no handshake, or the token
            is wrong.
    """
    if verify_token is None:
        msg = (
            f"Account {account!r}: the handshake cannot be answered because no verify_token is "
            "configured. Set verify_token and enter the same word in the App Dashboard."
        )
        raise WebhookUnverifiable(msg)
    challenge = query.get("hub.challenge", "")
    if query.get("hub.mode") != "subscribe" or not 0 < len(challenge) <= _MAX_CHALLENGE:
        msg = (
            f"Account {account!r}: this is no handshake of Meta's; it needs hub.mode=subscribe, "
            "hub.challenge and hub.verify_token."
        )
        raise WebhookRejected(msg)
    given = query.get("hub.verify_token", "")
    if not hmac.compare_digest(_bytes(given), _bytes(verify_token)):
        msg = (
            f"Account {account!r}: the handshake's verify token is wrong. The word in the App "
            "Dashboard has to equal verify_token."
        )
        raise WebhookRejected(msg)
    return WebhookReply(body=_bytes(challenge))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
