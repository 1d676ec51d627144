"""The fields of Meta's webhooks: what is in their values, and under which name they are told."""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

HISTORY_FIELD = "history"


class Part(NamedTuple):
    """One list in a field's value, and what its elements are called in an item."""

    key: str
    kind: str


_ERRORS = Part("errors", "error")
_ECHOES = (Part("message_echoes", "past"), Part("statuses", "status"), _ERRORS)
_GROUPS = (Part("groups", "value"), _ERRORS)

PARTS: MappingProxyType[str, tuple[Part, ...]] = MappingProxyType(
    {
        "messages": (Part("messages", "message"), Part("statuses", "status"), _ERRORS),
        "calls": (Part("calls", "call"), Part("statuses", "status"), _ERRORS),
        "message_echoes": _ECHOES,
        "smb_message_echoes": _ECHOES,
        # Old messages in chunks; files of old messages come later, without a chunk.
        HISTORY_FIELD: (Part("history", HISTORY_FIELD), Part("messages", "past"), _ERRORS),
        "smb_app_state_sync": (Part("state_sync", "value"), _ERRORS),
        "user_preferences": (Part("user_preferences", "preference"), _ERRORS),
        "user_id_update": (Part("user_id_update", "identity"), _ERRORS),
        "automatic_events": (Part("automatic_events", "value"), _ERRORS),
        "group_lifecycle_update": _GROUPS,
        "group_participants_update": _GROUPS,
        "group_settings_update": _GROUPS,
        "group_status_update": _GROUPS,
    }
)
"""Fields whose values hold lists. Any other field's value is one piece of news."""

SPELLINGS = MappingProxyType(
    {
        "business_username_update": "business_username_updates",
        "phone_number_username_update": "business_username_updates",
    }
)
"""Fields that Meta's pages spelled in several ways (2025-12 to 2026-09), and the newest one."""


def name_of(field: str) -> str:
    """Tell a field's one name; a field yet unknown keeps its own."""
    return SPELLINGS.get(field, field)
