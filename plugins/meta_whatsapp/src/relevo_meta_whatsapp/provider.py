"""The WhatsApp provider: it joins translation, transport and verification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from typing import ClassVar

import httpx
from pydantic import BaseModel, JsonValue, SecretStr

from relevo import (
    AccountHealth,
    Address,
    Capability,
    ClientSettings,
    FetchedMedia,
    InvalidAddress,
    Limits,
    MediaUpload,
    Message,
    NativeContent,
    PairPace,
    Provider,
    ProviderEvent,
    ProviderMedia,
    Receipt,
    Rejected,
    Template,
    TemplateContent,
    WebhookItem,
    WebhookReply,
    WebhookRequest,
)
from relevo_meta_whatsapp import managing, media, receiving
from relevo_meta_whatsapp.addresses import TEL, USER, canonical_digits, is_user_id
from relevo_meta_whatsapp.api import lost_files, raise_error, read_receipt
from relevo_meta_whatsapp.checking import check_message
from relevo_meta_whatsapp.config import MetaWhatsAppConfig
from relevo_meta_whatsapp.graph import Graph
from relevo_meta_whatsapp.hiding import hide_private
from relevo_meta_whatsapp.native import NATIVE_CONTENTS, MarketingTemplate
from relevo_meta_whatsapp.payloads import (
    ADDRESSING,
    MARKETING_TEMPLATE,
    TEMPLATE,
    Payload,
    build_payload,
    encode,
    wire_type,
)
from relevo_meta_whatsapp.preferences import MARKETING, TemplateCategories
from relevo_meta_whatsapp.signature import answer_challenge, check_signature
from relevo_meta_whatsapp.threads import block_list_of, check_block_list, read_receipt_of

LIMITS = Limits(rate=80, pair_pace=PairPace(burst=45, every_s=6))
"""What Meta lets a number do unless it raised it (to 1,000 messages per second) or shares the
number with the WhatsApp Business app (20)."""


class MetaWhatsApp(Provider[MetaWhatsAppConfig]):
    """Carry messages over WhatsApp by Meta's Cloud API, from one business number."""

    core_api: ClassVar[int] = 1
    name: ClassVar[str] = "meta_whatsapp"
    config_type: ClassVar[type[BaseModel]] = MetaWhatsAppConfig
    capabilities: ClassVar[frozenset[Capability]] = frozenset(Capability)

    native_contents: ClassVar[Mapping[str, type[NativeContent]]] = NATIVE_CONTENTS
    window_s: ClassVar[float | None] = 86_400

    def __init__(
        self, account: str, config: MetaWhatsAppConfig, http: httpx.AsyncClient | None
    ) -> None:
        super().__init__(account, config, http)
        self.template_categories = TemplateCategories()
        self.templates = managing.TemplateShelf(self.template_categories)

    @classmethod
    def client_settings(cls, config: MetaWhatsAppConfig) -> ClientSettings:
        """Name the Graph API, what proves who asks there, and where the token may go besides."""
        bearer = SecretStr(f"Bearer {config.access_token.get_secret_value()}")
        return ClientSettings(
            config.base_url,
            {"Authorization": bearer},
            also=config.media_hosts,
            params={"appsecret_proof": config.proof} if config.proof else {},
        )

    def check_message(self, message: Message) -> None:
        """Refuse what Meta would surely refuse.

        Raises:
            Rejected: Names the field and the rule.
        """
        check_message(self.account, message)
        if not {"type", TEMPLATE} & message.extra.keys():
            self._check_template(message)

    def _check_template(self, message: Message) -> None:
        """Compare a send with its template, where that one is known and the news of it fresh."""
        content = message.content
        if content.type == MARKETING_TEMPLATE and isinstance(content, NativeContent):
            content = self.native(content)
        if isinstance(content, TemplateContent | MarketingTemplate):
            template = self.templates.find(content.name, content.language)
            if template is not None:
                managing.check_fit(self.account, template, content)

    def needs_window(self, message: Message) -> bool:
        """Tell everything but templates."""
        return wire_type(message) != TEMPLATE

    def preference_of(self, message: Message) -> str | None:
        """Tell marketing: what goes by its route, and templates known to be of that category."""
        content = message.content
        if content.type == MARKETING_TEMPLATE:
            return MARKETING
        if isinstance(content, TemplateContent):
            return self.template_categories.preference_of(content.name, content.language)
        return None

    async def send(self, message: Message) -> Receipt:
        """Hand one message over, once.

        Raises:
            SendError: What Meta's code means, by the table in `errors`.
            UnsupportedContent: The content is not WhatsApp's.
        """
        content = message.content
        payload = self.render(message)
        edge = "marketing_messages" if content.type == MARKETING_TEMPLATE else "messages"
        answer = await self._graph.post(self._graph.edge(edge), encode(self.account, payload))
        if not answer.taken:
            try:
                raise_error(self.account, answer, sent=payload)
            except Rejected as refusal:
                # Where the file is one of ours, core gives it to Meta anew.
                refusal.files_gone = lost_files(refusal)
                raise
        asked = payload.get("to") or payload.get("recipient")
        return read_receipt(message.to, str(asked), answer.body)

    def render(self, message: Message) -> Payload:
        """Write a message as Meta is sent it.

        Raises:
            Rejected: It cannot be addressed, or names a file that was not uploaded.
            UnsupportedContent: The content is not WhatsApp's.
        """
        if isinstance(message.content, NativeContent):
            message = message.model_copy(update={"content": self.native(message.content)})
        return build_payload(self.account, message)

    def check_media(self, kind: str, *, mime_type: str, size: int) -> None:
        """Refuse a file that Meta would not take as this kind of content.

        Raises:
            Rejected: Its type or its size.
        """
        media.check_file(self.account, kind, mime_type=mime_type, size=size)

    async def upload_media(self, upload: MediaUpload) -> ProviderMedia:
        """Give Meta a file; its id is good for 30 days.

        Raises:
            Rejected: WhatsApp does not take its type or size.
            SendError: Meta did not take it; the subclass says whether to try again.
        """
        return await media.upload(self._graph, upload)

    def fetch_media(self, media_id: str) -> AbstractAsyncContextManager[FetchedMedia]:
        """Open a file of Meta's by the id that a content of a person names.

        Raises:
            Rejected: Meta does not have it, or no longer.
            SendError: It could not be had; the subclass says whether to try again.
        """
        trusts = self.client_settings(self.config).trusts
        return media.fetch(self._graph, media_id, trusts=trusts)

    async def mark_read(self, provider_message_id: str, *, typing: bool = False) -> None:
        """Tell the person that we read their message, and all before it.

        Raises:
            SendError: Meta did not do it.
        """
        payload = read_receipt_of(provider_message_id, typing=typing)
        await self._graph.do("POST", self._graph.edge("messages"), payload)

    async def typing(self, provider_message_id: str) -> None:
        """Show for up to 25 s that we write. WhatsApp marks the message as read with it.

        Raises:
            SendError: Meta did not do it.
        """
        await self.mark_read(provider_message_id, typing=True)

    async def block(self, address: Address) -> None:
        """Block a person who wrote in the last 24 hours.

        Raises:
            SendError: Meta did not do it.
        """
        await self._change_block_list("POST", address)

    async def unblock(self, address: Address) -> None:
        """Let a blocked person write to us again.

        Raises:
            SendError: Meta did not do it.
        """
        await self._change_block_list("DELETE", address)

    async def _change_block_list(self, method: str, address: Address) -> None:
        payload = block_list_of(self.account, address)
        answer = await self._graph.ask(method, self._graph.edge("block_users"), payload)
        check_block_list(self.account, answer)
        async with self._graph.repeatable():
            self._graph.expect(answer)

    async def health(self) -> AccountHealth:
        """Ask for the number's state with its own token.

        Raises:
            AuthFailed: The token, its rights or the number's state do not let it send.
            Unavailable: No answer that tells.
        """
        return await self._health_desk.ask(self.config)

    @cached_property
    def _health_desk(self) -> managing.HealthDesk:
        return managing.HealthDesk(self._graph)

    async def list_templates(
        self, *, name: str | None = None, language: str | None = None, max_age_s: float = 0
    ) -> Sequence[Template]:
        """Give the templates of the business account, in all states.

        Raises:
            NotSupported: There is no waba_id in the settings.
            SendError: Meta did not tell.
        """
        known = self.templates.listed(max_age_s)
        if known is None:
            known = await managing.list_templates(self._graph, self.config.waba_id)
            self.templates.fill(known)
        return [
            one for one in known if name in {None, one.name} and language in {None, one.language}
        ]

    async def create_template(self, definition: Mapping[str, JsonValue]) -> Template:
        """Ask Meta to approve a template, defined as Meta documents it.

        Raises:
            NotSupported: There is no waba_id in the settings.
            SendError: Meta did not take it.
        """
        created = await managing.create_template(self._graph, self.config.waba_id, definition)
        self.templates.put(created)
        return created

    async def delete_template(self, name: str) -> None:
        """Delete a template in all its languages; its name stays taken for 30 days.

        Raises:
            NotSupported: There is no waba_id in the settings.
            SendError: Meta did not do it.
        """
        await managing.delete_template(self._graph, self.config.waba_id, name)
        self.templates.drop(name)

    async def refresh_templates(self) -> None:
        """Ask for the templates anew where they are old or news put them in doubt.

        Raises:
            SendError: Meta did not tell.
        """
        if self.config.waba_id is not None and self.templates.begin():
            await self.list_templates()

    def limits(self) -> Limits:
        """Tell Meta's usual limits: per number, and per person."""
        return LIMITS

    def may_hold_back(self, message: Message) -> bool:
        """Tell templates, which Meta may hold back."""
        return wire_type(message) == TEMPLATE

    @cached_property
    def _graph(self) -> Graph:
        return Graph(self.account, self.config, self.http)

    def lane_key(self, address: Address) -> str:
        """Tell which person an address means: national spellings of one number are one person.

        Raises:
            InvalidAddress: A phone number that is not 5 to 15 digits, a user id without its
                scheme, or an unknown scheme.
        """
        if address.scheme not in ADDRESSING:
            msg = (
                f"Account {self.account!r}: WhatsApp knows no addresses of scheme "
                f"{address.scheme!r}. Use one of: {', '.join(ADDRESSING)}."
            )
            raise InvalidAddress(msg)
        if address.scheme == TEL and is_user_id(address.value):
            msg = (
                f"Account {self.account!r}: the recipient is a WhatsApp user id, not a phone "
                f"number: write it with its scheme, as {USER}:{address.value[:3]}..."
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
        return receiving.split(self.account, request.body)

    def parse_item(self, item: WebhookItem) -> Sequence[ProviderEvent]:
        """Translate one item.

        Raises:
            WebhookMalformed: It has not the documented form.
            ForeignItem: It belongs to another business number or account.
        """
        events = receiving.parse(self._owner, item)
        self.templates.hear(events)
        return events

    def owns_item(self, item: WebhookItem) -> bool:
        """Tell whether an item names this number, or its business account."""
        return receiving.owns(self._owner, item)

    @property
    def _owner(self) -> receiving.Owner:
        return receiving.Owner(
            self.account,
            self.config.phone_number_id,
            self.config.waba_id,
            self.config.display_phone_number,
        )

    def redact(self, raw: JsonValue) -> JsonValue:
        """Hide all values but those that are nobody's words, number or name."""
        return hide_private(raw)
