"""A business number: its ids and secrets, and what became of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr

from relevo_meta_whatsapp.sandbox.state.limits import HourlyBudget, PairPace, Throughput
from relevo_meta_whatsapp.sandbox.state.people import People, Person


def _made_up() -> SecretStr:
    return SecretStr(f"sandbox-{secrets.token_hex(16)}")


class SandboxNumber(BaseModel):
    """One made-up business number. Its secrets open nothing but this sandbox.

    The secrets are the app's: in a sandbox of several numbers those of the first hold for all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    phone_number_id: str = Field(default="770055001122", pattern=r"^[0-9]{1,32}$")
    display_number: str = Field(default="15550100200", pattern=r"^[0-9]{5,15}$")
    waba_id: str = Field(default="881100220033", pattern=r"^[0-9]{1,32}$")
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
class NumberState:
    """What the sandbox remembers about one business number."""

    number: SandboxNumber
    people: People = field(default_factory=People)
    inbound: dict[str, float] = field(default_factory=dict)
    """When each message of a person came, by its id."""
    writers: dict[str, Person] = field(default_factory=dict)
    """Who wrote each of them."""
    spoken: dict[str, float] = field(default_factory=dict)
    """When those came that say something by themselves: no reaction, edit or revocation."""
    throughput: Throughput = field(default_factory=Throughput)
    pairs: PairPace = field(default_factory=PairPace)
    budget: HourlyBudget = field(default_factory=HourlyBudget)
    template_budget: HourlyBudget = field(default_factory=HourlyBudget)
    pin: str | None = None
    is_registered: bool = True
    registrations: list[float] = field(default_factory=list)
    maintained_until: float = 0
    facts: dict[str, JsonValue] = field(default_factory=dict)
    """Fields of the number that differ from those of a healthy one."""
    profile: dict[str, JsonValue] = field(default_factory=dict)
    settings: dict[str, JsonValue] = field(default_factory=dict)

    @property
    def number_id(self) -> str:
        """Meta's id of the number."""
        return self.number.phone_number_id
