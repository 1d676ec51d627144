"""Acme SMS for Relevo: a whole two-way provider."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from types import MappingProxyType
from typing import Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    TypeAdapter,
    ValidationError,
)

import relevo
from relevo import Capability, DeliveryStatus

STATUSES = MappingProxyType(
    {
        "acptd": DeliveryStatus.SENT,
        "dlvrd": DeliveryStatus.DELIVERED,
        "undeliv": DeliveryStatus.FAILED,
    }
)


class AcmeConfig(BaseModel):
    """Configure one Acme account."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretStr = Field(min_length=1)
    webhook_token: SecretStr = Field(min_length=1)
    base_url: str = "https://api.acme-sms.example"


class AcmeAnswer(BaseModel):
    """What Acme answers when it takes a message."""

    id: str


class AcmeRow(BaseModel):
    """What Acme posts: a text from a person (`mo`) or news about one of ours (`dlr`)."""

    id: str = Field(min_length=1)
    kind: Literal["mo", "dlr"]
    sender: str = Field(default="", alias="from", max_length=256)
    text: str = ""
    state: str = ""


class AcmeSms(relevo.Provider[AcmeConfig]):
    """Carry texts over Acme's HTTP API."""

    name = "acme_sms"
    config_type = AcmeConfig
    capabilities = frozenset({Capability.TEXT, Capability.INBOUND, Capability.STATUSES})

    @classmethod
    def client_settings(cls, config: AcmeConfig) -> relevo.ClientSettings:
        """Name Acme's API and the token that goes there and nowhere else."""
        bearer = SecretStr(f"Bearer {config.token.get_secret_value()}")
        return relevo.ClientSettings(config.base_url, {"Authorization": bearer})

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        """Post one text."""
        payload = {"to": message.to.value, "text": message.text, **message.extra}
        reply = await self.http.post("/sms", json=payload)
        self.raise_for_status(reply)
        try:
            answer = AcmeAnswer.model_validate_json(reply.content)
        except ValidationError:
            return relevo.Receipt(None)  # a 2xx was taken, whatever its body says
        return relevo.Receipt(answer.id, raw=answer.model_dump())

    def verify_webhook(self, request: relevo.WebhookRequest) -> None:
        """Demand Acme's token; as bytes, since text beyond ASCII cannot be compared safely."""
        theirs = request.headers.get("x-acme-token", "").encode()
        ours = self.config.webhook_token.get_secret_value().encode()
        if not hmac.compare_digest(theirs, ours):
            msg = f"Account {self.account!r}: header X-Acme-Token is missing or wrong."
            raise relevo.WebhookRejected(msg)

    def split_webhook(self, request: relevo.WebhookRequest) -> Sequence[relevo.WebhookItem]:
        """Give each row as an item, even one that makes no sense: it shall fail alone."""
        try:
            rows = TypeAdapter(list[JsonValue]).validate_json(request.body)
        except ValidationError:
            msg = f"Account {self.account!r}: Acme posts a JSON list; this is none."
            raise relevo.WebhookMalformed(msg) from None
        return [relevo.WebhookItem(_key(row), row) for row in rows]

    def parse_item(self, item: relevo.WebhookItem) -> Sequence[relevo.ProviderEvent]:
        """Translate one row."""
        try:
            row = AcmeRow.model_validate(item.raw)
            if row.kind == "dlr":
                # A word we do not know gives None: it is kept and moves nothing.
                return [relevo.StatusUpdate(row.id, STATUSES.get(row.state), item.raw)]
            sender, content = relevo.Address("tel", row.sender), relevo.TextContent(body=row.text)
            return [relevo.InboundMessage(sender, content, item.raw, provider_message_id=row.id)]
        except ValidationError:
            msg = f"Account {self.account!r}: Acme's row is not what its documents promise."
            raise relevo.WebhookMalformed(msg) from None


def _key(row: JsonValue) -> str:
    """The same for the same news: a message comes once, a status once per state.

    Hashed, since a key is logged and told in events, and a row can hold anybody's words.
    """
    told: JsonValue = row
    if isinstance(row, dict) and row.get("id"):
        told = [row.get("kind"), row["id"], row.get("state")]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@relevo.hookimpl
def relevo_providers() -> Sequence[type[relevo.AnyProvider]]:
    """Offer the provider."""
    return [AcmeSms]
