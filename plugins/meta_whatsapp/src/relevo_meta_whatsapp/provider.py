"""The WhatsApp provider: it joins translation, transport and verification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import httpx
from pydantic import BaseModel, JsonValue, SecretStr

from relevo import (
    Address,
    Capability,
    ClientSettings,
    InvalidAddress,
    Limits,
    Message,
    OutcomeUnknown,
    PairPace,
    Provider,
    ProviderEvent,
    Receipt,
    Unavailable,
    WebhookItem,
    WebhookReply,
    WebhookRequest,
    redact_json,
    retry_after_s,
)
from relevo_meta_whatsapp import events, splitting
from relevo_meta_whatsapp.addresses import TEL, canonical_digits
from relevo_meta_whatsapp.api import Answer, raise_error, read_receipt
from relevo_meta_whatsapp.config import MetaWhatsAppConfig
from relevo_meta_whatsapp.health import FIELDS, check_health
from relevo_meta_whatsapp.payloads import ADDRESSING, ECHO_KEY, build_payload, encode
from relevo_meta_whatsapp.signature import answer_challenge, check_signature

LIMITS = Limits(rate=80, pair_pace=PairPace(burst=45, every_s=6))
"""What Meta lets a number do unless it raised it (to 1,000 messages per second) or shares the
number with the WhatsApp Business app (20)."""
PUBLIC_KEYS = frozenset(
    {
        "code",
        "error_subcode",
        "fbtrace_id",
        "field",
        "id",
        "message_status",
        "messaging_product",
        "object",
        "status",
        "timestamp",
        "type",
    }
)
"""Keys of Meta's JSON whose plain values are nobody's words, number or name."""


class MetaWhatsApp(Provider[MetaWhatsAppConfig]):
    """Carry messages over WhatsApp by Meta's Cloud API, from one business number."""

    core_api: ClassVar[int] = 1
    name: ClassVar[str] = "meta_whatsapp"
    config_type: ClassVar[type[BaseModel]] = MetaWhatsAppConfig
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.TEXT,
            Capability.TEMPLATE,
            Capability.REPLY,
            Capability.INBOUND,
            Capability.STATUSES,
            Capability.ECHO,
        }
    )

    @classmethod
    def client_settings(cls, config: MetaWhatsAppConfig) -> ClientSettings:
        """Name the Graph API and the bearer token that goes there and nowhere else."""
        bearer = SecretStr(f"Bearer {config.access_token.get_secret_value()}")
        return ClientSettings(config.base_url, {"Authorization": bearer})

    async def send(self, message: Message) -> Receipt:
        """Hand one message over, once.

        Raises:
            SendError: What Meta's code means, by the table in `errors`.
        """
        payload = build_payload(self.account, message)
        answer = await self._post(encode(self.account, payload))
        if not answer.taken:
            raise_error(self.account, answer)
        asked = payload.get("to") or payload.get("recipient")
        return read_receipt(message.to, str(asked), answer.body)

    async def health(self) -> None:
        """Ask for the number's state with its own token.

        Raises:
            AuthFailed: The token, its rights or the number's state do not let it send.
            Unavailable: No answer that tells.
        """
        try:
            async with self.http.stream("GET", self._path, params={"fields": FIELDS}) as response:
                answer = Answer(response.status_code, await _read(response))
        except OutcomeUnknown as error:
            msg = f"Account {self.account!r}: the health check got no answer."
            raise Unavailable(msg, phase=error.phase) from error
        check_health(self.account, answer)

    def limits(self) -> Limits:
        """Tell Meta's usual limits: per number, and per person."""
        return LIMITS

    def may_hold_back(self, message: Message) -> bool:
        """Tell templates, which Meta may hold back, and what is sent without our echo."""
        kind = message.extra.get("type", message.content.type)
        return kind == "template" or ECHO_KEY in message.extra

    @property
    def _path(self) -> str:
        return f"/{self.config.api_version}/{self.config.phone_number_id}"

    async def _post(self, body: bytes) -> Answer:
        path = f"{self._path}/messages"
        headers = {"Content-Type": "application/json"}
        async with self.http.stream("POST", path, content=body, headers=headers) as response:
            answer = await _read(response)
            return Answer(response.status_code, answer, retry_after_s(response))

    def lane_key(self, address: Address) -> str:
        """Tell which person an address means: national spellings of one number are one person.

        Raises:
            InvalidAddress: A phone number that is not 5 to 15 digits, or an unknown scheme.
        """
        if address.scheme not in ADDRESSING:
            msg = (
                f"Account {self.account!r}: WhatsApp knows no addresses of scheme "
                f"{address.scheme!r}. Use one of: {', '.join(ADDRESSING)}."
            )
            raise InvalidAddress(msg)
        key = super().lane_key(address)
        if address.scheme != TEL:
            return key
        return f"{TEL}:{canonical_digits(key.removeprefix(f'{TEL}:'))}"

    @property
    def webhooks_configured(self) -> bool:
        """Whether there is an app_secret to check Meta's signature with."""
        return bool(self.config.app_secrets)

    def verify_webhook(self, request: WebhookRequest) -> None:
        """Check Meta's signature on the raw bytes.

        Raises:
            WebhookRejected: It is missing or wrong, or there is no app_secret to check it with.
        """
        check_signature(self.account, request.body, request.headers, self.config.app_secrets)

    def webhook_challenge(self, request: WebhookRequest) -> WebhookReply:
        """Answer Meta's handshake.

        Raises:
            WebhookRejected: The token is wrong, or there is no verify_token to compare it with.
        """
        token = self.config.verify_token
        return answer_challenge(
            self.account, request.query, token.get_secret_value() if token else None
        )

    def split_webhook(self, request: WebhookRequest) -> Sequence[WebhookItem]:
        """Make every message, status and change an item of its own.

        Raises:
            WebhookMalformed: It is no JSON, or nothing of WhatsApp's.
        """
        return splitting.split(self.account, request.body)

    def parse_item(self, item: WebhookItem) -> Sequence[ProviderEvent]:
        """Translate one item.

        Raises:
            WebhookMalformed: It has not the documented form.
            ForeignItem: It belongs to another business number.
        """
        return events.parse(self.account, self.config.phone_number_id, item)

    def redact(self, raw: JsonValue) -> JsonValue:
        """Hide all values but those that are nobody's words, number or name."""
        return redact_json(raw, PUBLIC_KEYS)


async def _read(response: httpx.Response) -> bytes:
    """Read an answer's body, or nothing where it broke off: the status line has told enough."""
    try:
        return await response.aread()
    except (OutcomeUnknown, httpx.DecodingError):
        return b""
