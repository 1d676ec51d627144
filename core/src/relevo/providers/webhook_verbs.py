"""What a provider makes of its vendor's webhooks: verify, answer, split, parse."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import ClassVar

from pydantic import JsonValue

from relevo.capabilities import Capability
from relevo.events import ProviderEvent
from relevo.providers.refusing import Refusing
from relevo.webhooks import WebhookItem, WebhookReply, WebhookRequest

_TELL_NEWS = frozenset({Capability.INBOUND, Capability.STATUSES})


class WebhookVerbs(Refusing):
    """Take webhooks; refused until written."""

    capabilities: ClassVar[frozenset[Capability]]
    """What it can do. Anything else is refused before `send` is called."""

    def verify_webhook(self, request: WebhookRequest) -> None:
        """Check that the vendor sent this, on the raw bytes, in constant time.

        Raises:
            WebhookRejected: The signature or token is missing or wrong.
        """
        del request
        self._refuse("webhooks")

    def webhook_challenge(self, request: WebhookRequest) -> WebhookReply:
        """Answer the vendor's handshake (a GET).

        Raises:
            WebhookRejected: The token is missing or wrong.
        """
        del request
        self._refuse("webhook handshake")

    def split_webhook(self, request: WebhookRequest) -> Sequence[WebhookItem]:
        """Split a verified webhook into items that can fail apart. Default: one item, all of it.

        Raises:
            WebhookMalformed: It cannot be split at all.
        """
        try:
            raw: JsonValue = json.loads(request.body)
        except ValueError:
            raw = request.body.decode("utf-8", "replace")
        return [WebhookItem(hashlib.sha256(request.body).hexdigest(), raw)]

    def parse_item(self, item: WebhookItem) -> Sequence[ProviderEvent]:
        """Translate one item. Pure. Keep words you do not know: `status=None` moves nothing.

        Raises:
            WebhookMalformed: The item is not what the vendor documents.
            ForeignItem: The item belongs to another account.
        """
        del item
        self._refuse("webhooks")

    def owns_item(self, item: WebhookItem) -> bool:
        """Tell whether an item names this account as its own. Pure.

        Asked about items that another account of this provider called foreign, in a webhook
        that this account's secret verifies too: then they are applied here. Write it where
        one POST can hold news of several accounts. Default: no.
        """
        del item
        return False

    @property
    def webhooks_configured(self) -> bool:
        """Whether this account has what it takes to check webhooks, so that news can arrive.

        Without news, silence proves nothing about a message. Default: it has
        a capability whose news come by webhook.
        """
        return bool(self.capabilities & _TELL_NEWS)
