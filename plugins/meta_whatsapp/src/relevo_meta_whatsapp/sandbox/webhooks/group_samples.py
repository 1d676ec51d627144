"""One sample of everything a webhook tells of groups, as data; several: chosen by `type`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from relevo_meta_whatsapp.sandbox.webhooks.field_sample import FieldSample

_GROUP = "GRP=="
_PARTICIPANT = {"wa_id": "$wa_id", "user_id": "$user_id"}


def _news(field: str, kind: str, more: Mapping[str, Any]) -> FieldSample:
    group = {"type": kind, "timestamp": "$now", "group_id": _GROUP, **more}
    return FieldSample(field, {"groups": [group]}, ("groups",), is_of_number=True, chosen_by="type")


def _each(field: str, /, **kinds: Mapping[str, Any]) -> tuple[FieldSample, ...]:
    return tuple(_news(field, kind, more) for kind, more in kinds.items())


GROUPS: Mapping[str, tuple[FieldSample, ...]] = MappingProxyType(
    {
        "group_lifecycle_update": _each(
            "group_lifecycle_update",
            group_create={
                "request_id": "rq1",
                "subject": "Team",
                "invite_link": "https://chat.whatsapp.com/SANDBOX",
            },
            group_delete={"request_id": "rq2"},
        ),
        "group_participants_update": _each(
            "group_participants_update",
            group_participants_add={"reason": "invite_link", "added_participants": [_PARTICIPANT]},
            group_participants_remove={
                "request_id": "rq3",
                "removed_participants": [_PARTICIPANT],
                "initiated_by": "participant",
            },
            group_join_request_created={"join_request_id": "jr1", "wa_id": "$wa_id"},
            group_join_request_revoked={"join_request_id": "jr1", "wa_id": "$wa_id"},
        ),
        "group_settings_update": _each(
            "group_settings_update",
            group_settings_update={
                "request_id": "rq4",
                "group_subject": {"text": "Team two", "update_successful": True},
            },
        ),
        "group_status_update": _each(
            "group_status_update", group_suspend={}, group_suspend_cleared={}
        ),
    }
)
