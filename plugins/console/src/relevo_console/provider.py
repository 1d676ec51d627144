"""The provider: send on one side; verify, split and parse webhooks on the other."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

import relevo
from relevo import Capability
from relevo_console.events import parse_row, simulate_status, split_rows
from relevo_console.output import Output
from relevo_console.payloads import build_payload, write_line, write_panel

CARRIES = frozenset(
    {
        Capability.TEXT,
        Capability.TEMPLATE,
        Capability.IMAGE,
        Capability.VIDEO,
        Capability.AUDIO,
        Capability.DOCUMENT,
        Capability.STICKER,
        Capability.LOCATION,
        Capability.CONTACTS,
        Capability.REACTION,
        Capability.BUTTONS,
        Capability.LIST,
        Capability.LINK,
        Capability.LOCATION_REQUEST,
    }
)
"""Whatever can be printed: everything that is no other vendor's own."""


class ConsoleConfig(BaseModel):
    """Configure one console account."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    stream: Literal["stdout", "stderr"] = "stdout"
    statuses: tuple[Literal["sent", "delivered", "read"], ...] = ()
    """News to pretend right after each message."""
    webhook_token: SecretStr | None = Field(default=None, min_length=1)
    """What webhooks must carry as `X-Console-Token`; without it they are refused."""


class ConsoleProvider(relevo.Provider[ConsoleConfig]):
    """Print messages: a panel in a terminal, one line of JSON in a pipe."""

    name = "console"
    config_type = ConsoleConfig
    capabilities = CARRIES | {Capability.REPLY, Capability.INBOUND, Capability.STATUSES}

    @cached_property
    def _output(self) -> Output:
        return Output(self.config.stream, where=f"Account {self.account!r}")

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        """Print one message."""
        if isinstance(message.content, relevo.NativeContent):
            self.native(message.content)  # refuses: it has none of its own
        provider_message_id = f"console-{message.echo_id}"
        payload = build_payload(message, provider_message_id, account=self.account)
        spell = write_panel if self._output.is_terminal else write_line
        await self._output.write(spell(payload))
        updates = [simulate_status(provider_message_id, word) for word in self.config.statuses]
        return relevo.Receipt(provider_message_id, raw=payload, updates=tuple(updates))

    @property
    def webhooks_configured(self) -> bool:
        """Whether there is a token to check webhooks with."""
        return self.config.webhook_token is not None

    def verify_webhook(self, request: relevo.WebhookRequest) -> None:
        """Demand the settings' token in header `X-Console-Token`."""
        if self.config.webhook_token is None:
            msg = f"Account {self.account!r} takes no webhooks; give it a webhook_token."
            # Not unverifiable: without a token nobody asked for webhooks.
            raise relevo.NotSupported(msg)
        # Bytes, because compare_digest raises TypeError on text beyond ASCII.
        theirs = request.headers.get("x-console-token", "").encode("latin-1", "replace")
        ours = self.config.webhook_token.get_secret_value().encode()
        if not hmac.compare_digest(theirs, ours):
            msg = f"Account {self.account!r}: header X-Console-Token is missing or wrong."
            raise relevo.WebhookRejected(msg)

    def split_webhook(self, request: relevo.WebhookRequest) -> Sequence[relevo.WebhookItem]:
        """Give each row of the list as an item of its own."""
        return split_rows(request.body)

    def parse_item(self, item: relevo.WebhookItem) -> Sequence[relevo.ProviderEvent]:
        """Read one row."""
        return [parse_row(item.raw)]
