"""What people can opt out of, and which templates fall under it."""

from __future__ import annotations

MARKETING = "marketing_messages"
"""Meta's word for the category of opt-outs; `user_preferences` tells it."""
_CATEGORY = "MARKETING"


class TemplateCategories:
    """Remember which category Meta has for each template, as far as it was told."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def learn(self, name: str, language: str, category: str) -> None:
        """Note a template's category."""
        self._known[name, language] = category.upper()

    def preference_of(self, name: str, language: str) -> str | None:
        """Tell which opt-out a template falls under; None: none, or its category is not known."""
        return MARKETING if self._known.get((name, language)) == _CATEGORY else None
