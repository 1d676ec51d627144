"""One sample of everything a webhook tells that no person wrote, as data.

The `$` words are those of the samples of messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from relevo_meta_whatsapp.sandbox.webhooks.field_sample import FieldSample
from relevo_meta_whatsapp.sandbox.webhooks.group_samples import GROUPS

_TEMPLATE = {
    "message_template_id": 7700001,
    "message_template_name": "hello_world",
    "message_template_language": "en_US",
}

FIELDS: Mapping[str, tuple[FieldSample, ...]] = MappingProxyType(
    {
        "status": (
            FieldSample(
                "messages",
                {
                    "statuses": [
                        {
                            "id": "$last_sent",
                            "status": "read",
                            "timestamp": "$now",
                            "recipient_id": "$wa_id",
                        }
                    ]
                },
                ("statuses",),
                is_of_number=True,
            ),
        ),
        "errors": (
            FieldSample(
                "messages",
                {
                    "errors": [
                        {
                            "code": 130429,
                            "title": "Rate limit hit",
                            "message": "Rate limit hit",
                            "error_data": {"details": "Too many messages."},
                        }
                    ]
                },
                ("errors",),
                is_of_number=True,
            ),
        ),
        "user_preferences": tuple(
            FieldSample(
                "user_preferences",
                {
                    "contacts": [{"wa_id": "$wa_id", "user_id": "$user_id"}],
                    "user_preferences": [
                        {
                            "wa_id": "$wa_id",
                            "user_id": "$user_id",
                            "category": "marketing_messages",
                            "value": value,
                            "detail": f"User requested to {value} marketing messages",
                            "timestamp": "$time",
                        }
                    ],
                },
                ("user_preferences",),
                is_of_number=True,
                chosen_by="value",
            )
            for value in ("stop", "resume")
        ),
        "user_id_update": (
            FieldSample(
                "user_id_update",
                {
                    "user_id_update": [
                        {
                            "wa_id": "$wa_id",
                            "detail": "User changed their id",
                            "user_id": {"previous": "$user_id", "current": "ES.newid"},
                            "timestamp": "$now",
                        }
                    ]
                },
                ("user_id_update",),
                is_of_number=True,
            ),
        ),
        "calls": (
            FieldSample(
                "calls",
                {
                    "calls": [
                        {
                            "id": "wacid.SANDBOX1",
                            "from": "$wa_id",
                            "to": "$number",
                            "event": "connect",
                            "timestamp": "$now",
                            "direction": "USER_INITIATED",
                            "session": {"sdp_type": "offer", "sdp": "v=0"},
                        }
                    ]
                },
                ("calls",),
                is_of_number=True,
            ),
            FieldSample(
                "calls",
                {
                    "calls": [
                        {
                            "id": "wacid.SANDBOX1",
                            "event": "terminate",
                            "direction": "USER_INITIATED",
                            "timestamp": "$now",
                            "status": "COMPLETED",
                            "duration": 90,
                        }
                    ],
                    "errors": [],
                },
                ("calls",),
                is_of_number=True,
            ),
            *(
                FieldSample(
                    "calls",
                    {
                        "statuses": [
                            {
                                "id": "wacid.SANDBOX2",
                                "type": "call",
                                "status": status,
                                "timestamp": "$now",
                                "recipient_id": "$wa_id",
                            }
                        ]
                    },
                    ("statuses",),
                    is_of_number=True,
                    chosen_by="status",
                )
                for status in ("RINGING", "ACCEPTED", "REJECTED")
            ),
        ),
        "smb_message_echoes": (
            FieldSample(
                "smb_message_echoes",
                {
                    "message_echoes": [
                        {
                            "from": "$number",
                            "to": "$wa_id",
                            "to_user_id": "$user_id",
                            "id": "$id",
                            "timestamp": "$now",
                            "type": "text",
                            "text": {"body": "typed on the phone"},
                        }
                    ]
                },
                ("message_echoes",),
                is_of_number=True,
            ),
        ),
        "smb_app_state_sync": (
            FieldSample(
                "smb_app_state_sync",
                {
                    "state_sync": [
                        {
                            "type": "contact",
                            "contact": {
                                "full_name": "Ana Gil",
                                "first_name": "Ana",
                                "phone_number": "$wa_id",
                            },
                            "action": "add",
                            "metadata": {"timestamp": "$now"},
                        }
                    ]
                },
                ("state_sync",),
                is_of_number=True,
            ),
        ),
        "history": (
            FieldSample(
                "history",
                {
                    "history": [
                        {
                            "metadata": {"phase": 0, "chunk_order": 1, "progress": 20},
                            "threads": [
                                {
                                    "id": "$wa_id",
                                    "messages": [
                                        {
                                            "from": "$number",
                                            "to": "$wa_id",
                                            "id": "$id",
                                            "timestamp": "1760000000",
                                            "type": "text",
                                            "text": {"body": "old"},
                                            "history_context": {"status": "READ"},
                                        }
                                    ],
                                }
                            ],
                        }
                    ]
                },
                ("history",),
                is_of_number=True,
            ),
        ),
        **GROUPS,
        "automatic_events": (
            FieldSample(
                "automatic_events",
                {
                    "automatic_events": [
                        {
                            "id": "$id",
                            "event_name": "LeadSubmitted",
                            "timestamp": "$time",
                            "ctwa_clid": "Af",
                        }
                    ]
                },
                ("automatic_events",),
                is_of_number=True,
            ),
        ),
        "message_template_status_update": tuple(
            FieldSample("message_template_status_update", {"event": event, **_TEMPLATE, **more})
            for event, more in (
                ("APPROVED", {"reason": "NONE", "message_template_category": "UTILITY"}),
                ("REJECTED", {"reason": "INVALID_FORMAT"}),
                ("PAUSED", {"reason": "NONE", "other_info": {"title": "FIRST_PAUSE"}}),
                ("DISABLED", {"reason": "NONE", "disable_info": {"disable_date": "$time"}}),
                ("PENDING_DELETION", {"reason": "NONE"}),
            )
        ),
        "message_template_quality_update": (
            FieldSample(
                "message_template_quality_update",
                {"previous_quality_score": "GREEN", "new_quality_score": "YELLOW", **_TEMPLATE},
            ),
        ),
        "message_template_components_update": (
            FieldSample(
                "message_template_components_update",
                {**_TEMPLATE, "message_template_element": "Body {{1}}"},
            ),
        ),
        "template_category_update": (
            FieldSample(
                "template_category_update",
                {**_TEMPLATE, "previous_category": "UTILITY", "new_category": "MARKETING"},
            ),
        ),
        "account_update": tuple(
            FieldSample("account_update", value)
            for value in (
                {
                    "phone_number": "$number",
                    "event": "ACCOUNT_VIOLATION",
                    "violation_info": {"violation_type": "SPAM"},
                },
                {
                    "event": "ACCOUNT_RESTRICTION",
                    "restriction_info": [
                        {
                            "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING",
                            "expiration": "$time",
                        }
                    ],
                },
                {
                    "event": "DISABLED_UPDATE",
                    "ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": "June 1, 2026"},
                },
            )
        ),
        "account_review_update": (FieldSample("account_review_update", {"decision": "APPROVED"}),),
        "account_alerts": (
            FieldSample(
                "account_alerts",
                {
                    "entity_type": "BUSINESS",
                    "entity_id": "4410",
                    "alert_info": {
                        "alert_severity": "INFORMATIONAL",
                        "alert_status": "NONE",
                        "alert_type": "OBA_APPROVED",
                        "alert_description": "Sandbox",
                    },
                },
            ),
        ),
        "business_capability_update": (
            FieldSample(
                "business_capability_update",
                {
                    "max_daily_conversations_per_business": "TIER_2K",
                    "max_phone_numbers_per_waba": 25,
                },
            ),
        ),
        "phone_number_name_update": (
            FieldSample(
                "phone_number_name_update",
                {
                    "display_phone_number": "$number",
                    "decision": "APPROVED",
                    "requested_verified_name": "Shop SL",
                },
            ),
        ),
        "phone_number_quality_update": (
            FieldSample(
                "phone_number_quality_update",
                {
                    "display_phone_number": "$number",
                    "event": "ONBOARDING",
                    "max_daily_conversations_per_business": "TIER_250",
                },
            ),
        ),
        "security": (
            FieldSample(
                "security",
                {"display_phone_number": "$number", "event": "PIN_CHANGED", "requester": "6100"},
            ),
        ),
        **{
            field: (
                FieldSample(
                    field,
                    {"display_phone_number": "$number", "username": "shopsl", "status": "approved"},
                ),
            )
            for field in ("business_username_update", "business_username_updates")
        },
        "flows": tuple(
            FieldSample("flows", {"event": event, "flow_id": "5550001", **more})
            for event, more in (
                ("FLOW_STATUS_CHANGE", {"old_status": "DRAFT", "new_status": "PUBLISHED"}),
                ("CLIENT_ERROR_RATE", {"error_rate": 14.28, "threshold": 10}),
                ("ENDPOINT_ERROR_RATE", {"error_rate": 14.28, "threshold": 10}),
                ("ENDPOINT_LATENCY", {"p90_latency": 8000, "threshold": 7000}),
                ("ENDPOINT_AVAILABILITY", {"availability": 75, "threshold": 90}),
                ("FLOW_VERSION_EXPIRY_WARNING", {"warning": "Sandbox: the version expires."}),
            )
        ),
        "partner_solutions": (
            FieldSample(
                "partner_solutions",
                {
                    "event": "SOLUTION_UPDATED",
                    "solution_id": "7070",
                    "solution_status": "ACTIVE",
                },
            ),
        ),
        "payment_configuration_update": (
            FieldSample(
                "payment_configuration_update",
                {
                    "configuration_name": "sandbox-payments",
                    "provider_name": "sandbox",
                    "provider_mid": "1",
                    "status": "ACTIVE",
                    "created_timestamp": "$time",
                    "updated_timestamp": "$time",
                },
            ),
        ),
    }
)
"""Everything else a webhook tells, by the kind a caller asks for; several: chosen by event."""
