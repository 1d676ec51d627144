"""Examples the API's description shows. Made up: nobody has these numbers."""

from __future__ import annotations

from typing import Any

_ID = "019a2c5e-7d1f-7c3a-9b51-0f6f3a1c2d4e"
_CONVERSATION = "6f1e2f0a-3c55-4f0e-8a54-0d8f3c0a9b11"

SEND: dict[str, Any] = {"account": "shop", "to": "15550100001", "text": "Your order is ready."}
SEND_TEMPLATE: dict[str, Any] = {
    "to": "15550100001",
    "content": {
        "type": "template",
        "name": "order_ready",
        "language": "en_US",
        "parameters": ["A-17"],
    },
}
SEND_IMAGE: dict[str, Any] = {
    "to": "15550100001",
    "content": {"type": "image", "link": "https://cdn.example/door.jpg", "caption": "Front door"},
}
SEND_BUTTONS: dict[str, Any] = {
    "to": "15550100001",
    "content": {
        "type": "buttons",
        "body": "Keep the time slot?",
        "buttons": [{"id": "keep", "title": "Keep"}, {"id": "move", "title": "Move"}],
    },
}
SEND_MANY: dict[str, Any] = {
    "items": [
        {**SEND, "idempotency_key": "order-77-ready"},
        {"to": "15550100002", "text": "Your order is ready.", "priority": "bulk"},
    ]
}
RESOLVE: dict[str, Any] = {"resolution": "resend"}
REPLAY: dict[str, Any] = {
    "account": "shop",
    "error_code": "unavailable",
    "closed_from": "2026-11-22T09:00:00Z",
}
PAUSE: dict[str, Any] = {"reason": "The campaign is being checked."}
REOPEN: tuple[dict[str, Any], ...] = (
    {"account": "shop"},
    {"webhook_ids": [17], "discarded": True},
    {"all_accounts": True},
)
DISCARD: tuple[dict[str, Any], ...] = (
    {"webhook_ids": [17], "key": "5f1c2a9b7d10"},
    {"account": "shop"},
)
MESSAGE: dict[str, Any] = {
    "id": _ID,
    "direction": "out",
    "status": "queued",
    "account": "shop",
    "provider": "meta_whatsapp",
    "to": "15550100001",
    "conversation_id": _CONVERSATION,
    "content": {"type": "text", "body": "Your order is ready.", "preview_url": False},
    "provider_message_id": None,
    "attempt_count": 0,
    "handovers": 0,
    "priority": "normal",
    "created_at": "2026-11-22T10:00:00Z",
    "updated_at": "2026-11-22T10:00:00Z",
    "expires_at": "2026-11-23T10:00:00Z",
}
MESSAGE_DETAIL: dict[str, Any] = {
    **MESSAGE,
    "standing": {
        "state": "queued",
        "why": ["It is due now."],
        "next": "The next free worker sends it.",
        "next_at": "2026-11-22T10:00:00Z",
    },
    "attempts": [],
    "statuses": [],
}
BATCH: dict[str, Any] = {
    "items": [
        {"index": 0, "status": 202, "message": MESSAGE},
        {
            "index": 1,
            "status": 422,
            "problem": {
                "type": "/problems/invalid_address",
                "title": "The recipient is no address the provider knows",
                "status": 422,
                "detail": "Account 'shop': the recipient is no phone number: ...",
                "code": "invalid_address",
                "instance": "/api/v1/messaging/messages/batch",
            },
        },
    ],
    "accepted": 1,
    "refused": 1,
}
PLAN: dict[str, Any] = {
    "account": "shop",
    "provider": "meta_whatsapp",
    "to": "15550100001",
    "conversation_id": _CONVERSATION,
    "capabilities": ["text"],
    "payload": {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "***",
        "type": "text",
        "text": {"body": "***"},
    },
    "window": {"state": "open", "until": "2026-11-23T09:58:00Z"},
    "preferences": [],
    "warnings": [],
    "limits": {"rate": 80.0, "pair_pace": {"burst": 45, "every_s": 6.0}},
    "standing": {
        "state": "queued",
        "why": ["It is due now."],
        "next": "The next free worker sends it.",
        "next_at": "2026-11-22T10:00:00Z",
    },
}
KEY: dict[str, Any] = {"name": "shop front end", "scopes": ["send", "read"], "accounts": ["shop"]}
TICKET: dict[str, Any] = {"type": ["messaging.status"], "account": ["shop"], "ttl_s": 300}
TEMPLATE_DEFINITION: dict[str, Any] = {
    "name": "order_update",
    "language": "en_US",
    "category": "UTILITY",
    "components": [
        {
            "type": "BODY",
            "text": "Hi {{1}}, your order is on its way.",
            "example": {"body_text": [["Ana"]]},
        }
    ],
}
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "b1f0c2d3e4a5.42",
    "source": "/relevo/accounts/shop",
    "type": "messaging.outbound",
    "time": "2026-11-22T10:00:00Z",
    "subject": _ID,
    "datacontenttype": "application/json",
    "position": 42,
    "data": {
        "message_id": _ID,
        "account": "shop",
        "provider": "meta_whatsapp",
        "conversation_id": _CONVERSATION,
        "direction": "out",
        "status": "queued",
        "message_status": "queued",
        "to": "15550100001",
        "to_scheme": "tel",
        "content": {"type": "text", "body": "Your order is ready.", "preview_url": False},
    },
}
STREAM = (
    "id: b1f0c2d3e4a5.41\nretry: 1804\n\nid: b1f0c2d3e4a5.42\n"
    'data: {"specversion":"1.0","id":"b1f0c2d3e4a5.42", ...}\n\n'
)
AG_UI_RUN: dict[str, Any] = {
    "threadId": "support-desk",
    "runId": "0f6f3a1c-7d1f-4c3a-9b51-2d4e019a2c5e",
    "state": {},
    "messages": [],
    "tools": [],
    "context": [],
    "forwardedProps": {"after": "b1f0c2d3e4a5.41"},
}
AG_UI_STREAM = (
    'id: b1f0c2d3e4a5.41\ndata: {"type":"RUN_STARTED","threadId":"support-desk", ...}\n\n'
    'id: b1f0c2d3e4a5.41\ndata: {"type":"CUSTOM","name":"place",'
    '"value":{"after":"b1f0c2d3e4a5.41"}}\n\n'
    'id: b1f0c2d3e4a5.42\ndata: {"type":"CUSTOM","name":"messaging.outbound","value":'
    '{"specversion":"1.0","id":"b1f0c2d3e4a5.42", ...},"timestamp":1795341600000}\n\n'
)
CONVERSATION: dict[str, Any] = {
    "id": _CONVERSATION,
    "account": "shop",
    "provider": "meta_whatsapp",
    "person": "15550100001",
    "person_name": "Ana",
    "messages": 2,
    "last_message_id": _ID,
    "last_inbound_at": "2026-11-22T09:58:00Z",
    "window": {"state": "open", "until": "2026-11-23T09:58:00Z"},
    "updated_at": "2026-11-22T10:00:00Z",
}
