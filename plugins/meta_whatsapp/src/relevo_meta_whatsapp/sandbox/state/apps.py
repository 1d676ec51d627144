"""Apps that are told the news, and where each piece goes: number over account over app."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import SecretStr

OVERRIDABLE = frozenset({"messages", "user_preferences", "user_id_update", "calls"})
"""Fields whose webhooks follow an override; others stay with the app's own address."""


@dataclass
class Override:
    """Another address for the news of one number or account."""

    url: str
    verify_token: SecretStr


@dataclass
class SubscribedApp:
    """One app with its own address and secret."""

    app_id: str
    name: str
    secret: SecretStr
    url: str
    verify_token: SecretStr
    fields: frozenset[str] | None = None
    """What it wants to hear; none: everything."""
    is_subscribed: bool = True
    by_number: dict[str, Override] = field(default_factory=dict)
    by_waba: dict[str, Override] = field(default_factory=dict)

    def destination(self, subject: str, number_id: str | None, waba_id: str) -> str | None:
        """Give where news of this field go; none where the app does not want them."""
        if not self.is_subscribed or (self.fields is not None and subject not in self.fields):
            return None
        if subject in OVERRIDABLE:
            for override in (self.by_number.get(number_id or ""), self.by_waba.get(waba_id)):
                if override is not None:
                    return override.url
        return self.url
