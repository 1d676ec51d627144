"""The settings of one WhatsApp business number."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

GRAPH_URL = "https://graph.facebook.com"
MEDIA_HOSTS = ("lookaside.fbsbx.com", ".facebook.com", ".whatsapp.net", ".whatsapp.com")
"""The token may go there, to fetch files. Source: addresses of files as of 2026-09."""
_DEFAULT_VERSION = "v25.0"
_LOCALHOST = "localhost"

Secret = Annotated[SecretStr, Field(min_length=1)]


class MetaWhatsAppConfig(BaseModel):
    """Configure one WhatsApp business number of Meta's Cloud API."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, coerce_numbers_to_str=True
    )

    phone_number_id: str = Field(
        pattern=r"^[0-9]{1,32}$", description="The number's id in the Graph API, not the number."
    )
    access_token: Secret = Field(description="A system user's or business token.")
    app_secret: Secret | Annotated[list[Secret], Field(min_length=1)] | None = Field(
        default=None, description="Verifies webhooks. A list while it is being replaced."
    )
    verify_token: Secret | None = Field(
        default=None, description="Your own word, entered in the App Dashboard with the URL."
    )
    waba_id: str | None = Field(
        default=None,
        pattern=r"^[0-9]{1,32}$",
        description="The business account's id; news of other ones are then kept apart.",
    )
    display_phone_number: str | None = Field(
        default=None,
        pattern=r"^[0-9+() -]{5,32}$",
        description="The number as people see it: tells news about it from news about others.",
    )
    webhook_url: str | None = Field(
        default=None,
        pattern=r"^https?://\S{1,500}$",
        description="Where Meta should send this account's webhooks; health compares.",
    )
    appsecret_proof: bool = Field(
        default=False,
        description='Prove the app secret with every request, as "Require app secret" demands.',
    )
    api_version: str = Field(default=_DEFAULT_VERSION, pattern=r"^v[0-9]{1,3}\.[0-9]{1,2}$")
    base_url: str = GRAPH_URL

    @field_validator("access_token")
    @classmethod
    def _check_token(cls, token: SecretStr) -> SecretStr:
        text = token.get_secret_value()
        if not (text.isascii() and text.isprintable()) or " " in text:
            msg = (
                "it holds white space or a character no token has; a line break at the end of "
                "the secret's file is the usual cause"
            )
            raise ValueError(msg)
        return token

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, base_url: str) -> str:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = f"it has to be an address such as {GRAPH_URL}"
            raise ValueError(msg)
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            msg = (
                "plain http would show the access token to everybody on the way; use https "
                "(plain http is for a sandbox on this machine: localhost, 127.0.0.1 or [::1])"
            )
            raise ValueError(msg)
        return base_url.rstrip("/")

    @model_validator(mode="after")
    def _check_proof(self) -> Self:
        if self.appsecret_proof and self.app_secret is None:
            msg = "appsecret_proof needs app_secret: the proof is made with it"
            raise ValueError(msg)
        return self

    @property
    def proof(self) -> SecretStr | None:
        """The proof that goes with every request: HMAC-SHA256 of the token by the first secret."""
        if not self.appsecret_proof:
            return None
        token = self.access_token.get_secret_value().encode()
        return SecretStr(hmac.new(self.app_secrets[0], token, hashlib.sha256).hexdigest())

    @property
    def media_hosts(self) -> tuple[str, ...]:
        """Meta's hosts that files come from, besides `base_url`; none for a sandbox."""
        return () if is_loopback(urlsplit(self.base_url).hostname or "") else MEDIA_HOSTS

    @property
    def app_secrets(self) -> tuple[bytes, ...]:
        """The app secrets as key bytes; none if webhooks cannot be verified."""
        if self.app_secret is None:
            return ()
        secrets = self.app_secret if isinstance(self.app_secret, list) else [self.app_secret]
        return tuple(secret.get_secret_value().encode() for secret in secrets)


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == _LOCALHOST
