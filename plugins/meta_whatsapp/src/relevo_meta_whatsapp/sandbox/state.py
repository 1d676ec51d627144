"""What the sandbox knows: its number and secrets, its behaviour, what it has taken."""

from __future__ import annotations

import base64
import os
import random
import secrets
import time
from collections import Counter, deque
from dataclasses import dataclass, field

import anyio
from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr

from relevo_meta_whatsapp.addresses import canonical_digits, digits_of
from relevo_meta_whatsapp.sandbox.behaviour import Behaviour, Fault

_KEPT = 100_000
"""Messages kept for the list; the counts go on."""
_PRODUCT = b"sandbox:"


def _made_up() -> SecretStr:
    return SecretStr(f"sandbox-{secrets.token_hex(16)}")


class SandboxNumber(BaseModel):
    """One made-up business number. Its secrets open nothing but this sandbox."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    phone_number_id: str = "770055001122"
    display_number: str = "15550100200"
    waba_id: str = "881100220033"
    access_token: SecretStr = Field(default_factory=_made_up)
    app_secret: SecretStr = Field(default_factory=_made_up)
    verify_token: SecretStr = Field(default_factory=_made_up)

    def account(self, base_url: str) -> dict[str, JsonValue]:
        """Write an account's config that reaches this sandbox and nothing else."""
        return {
            "provider": "meta_whatsapp",
            "phone_number_id": self.phone_number_id,
            "waba_id": self.waba_id,
            "access_token": self.access_token.get_secret_value(),
            "app_secret": self.app_secret.get_secret_value(),
            "verify_token": self.verify_token.get_secret_value(),
            "base_url": base_url,
        }


@dataclass
class TakenMessage:
    """One message the sandbox answered for, or took before it failed to answer."""

    wamid: str
    recipient: dict[str, str]
    """`wa_id`, or `user_id` for people who hide their number."""
    payload: dict[str, JsonValue]
    taken_at: float = field(default_factory=time.time)
    told: list[str] = field(default_factory=list)
    """Statuses whose webhook was answered with 200, in that order."""

    @property
    def kind(self) -> str:
        """The type of the content."""
        return str(self.payload.get("type", "text"))

    @property
    def echo(self) -> str | None:
        """The sender's own id, which comes back in statuses."""
        echo = self.payload.get("biz_opaque_callback_data")
        return echo if isinstance(echo, str) else None

    def view(self) -> dict[str, JsonValue]:
        """Write the message for the list."""
        return {
            "id": self.wamid,
            **self.recipient,
            "type": self.kind,
            "biz_opaque_callback_data": self.echo,
            "taken_at": self.taken_at,
            "told": list(self.told),
            "payload": self.payload,
        }


class SandboxState:
    """Hold everything that one sandbox remembers."""

    def __init__(self, number: SandboxNumber, behaviour: Behaviour) -> None:
        self.number = number
        self.messages: deque[TakenMessage] = deque(maxlen=_KEPT)
        self.total = 0
        self.counts: Counter[str] = Counter()
        self.inbound: set[str] = set()
        self.closing = anyio.Event()
        self.behave(behaviour)

    def behave(self, behaviour: Behaviour) -> None:
        """Behave like this from now on; chance starts anew from the seed."""
        self.behaviour = behaviour
        self.chance = random.Random(behaviour.seed)  # noqa: S311 - repeatable, not secret
        self._left = [fault.times for fault in behaviour.faults]

    def next_fault(self) -> Fault | None:
        """Draw the fault that meets this send, if any, and use it up by one."""
        for place, fault in enumerate(self.behaviour.faults):
            left = self._left[place]
            if left == 0 or self.chance.random() >= fault.rate:
                continue
            self._left[place] = None if left is None else left - 1
            return fault
        return None

    def take(self, payload: dict[str, JsonValue], recipient: dict[str, str]) -> TakenMessage:
        """Take a message: from now on it exists, whatever becomes of the answer."""
        message = TakenMessage(new_wamid(), recipient, payload)
        self.messages.append(message)
        self.total += 1
        if message.echo is not None:
            self.counts[message.echo] += 1
        return message

    def forget(self) -> None:
        """Forget all messages and counts."""
        self.messages.clear()
        self.total = 0
        self.counts.clear()

    def is_unknown(self, recipient: dict[str, str]) -> bool:
        """Tell whether this person is said to have no WhatsApp."""
        person = canonical_digits(recipient.get("wa_id", ""))
        unknown = self.behaviour.unknown_users
        return any(person == canonical_digits(digits_of(number)) for number in unknown)

    async def pause(self, seconds: float) -> None:
        """Wait, but no longer than the sandbox lives."""
        with anyio.move_on_after(seconds):
            await self.closing.wait()


def new_wamid() -> str:
    """Make an id of the real form: opaque, case-sensitive, with `+`, `/` and `=` at times."""
    return f"wamid.{base64.b64encode(_PRODUCT + os.urandom(24)).decode()}"
