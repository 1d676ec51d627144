"""Examples of answers, by the handler that gives them. Made up: nobody has these numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Operation
from litestar.types import ControllerRouterHandler

from relevo_server.description.documents import ShownExample
from relevo_server.description.examples import MESSAGE

_AT = "2026-11-22T10:00:00Z"
_ID = MESSAGE["id"]
_TICKET = {
    "ticket": "rlt_...",
    "url": "/api/v1/messaging/events?ticket=rlt_...",
    "expires_at": "2026-11-22T10:05:00Z",
}
_KEY = {
    "id": "k7x2m4q6t3wd",
    "prefix": "rlv_k7x2m4q6t3wd",
    "active": True,
    "name": "shop front end",
    "scopes": ["read", "send"],
    "accounts": ["shop"],
    "created_at": _AT,
}
_ACCOUNT = {
    "name": "shop",
    "provider": "meta_whatsapp",
    "capabilities": ["template", "text"],
    "default": True,
    "reaches": "people",
    "state": "active",
    "limits": {"rate": 80.0, "pair_pace": {"burst": 45, "every_s": 6.0}},
    "on_unknown": "reconcile",
}
_PAUSED = {
    **_ACCOUNT,
    "state": "paused",
    "paused_at": _AT,
    "pause_error": {
        "code": "paused_by_hand",
        "message": "The campaign is being checked.",
        "retryable": False,
    },
}
_HEALTH = {
    "can_send": True,
    "facts": {"quality": "GREEN"},
    "problems": [],
    "asked_at": _AT,
    "age_s": 41.5,
}
_TEMPLATE = {
    "name": "order_update",
    "language": "en_US",
    "status": "APPROVED",
    "category": "UTILITY",
    "components": [{"type": "BODY", "text": "Hi {{1}}, your order is on its way."}],
    "seen_at": _AT,
}
_READY = {
    "status": "ready",
    "engine": {
        "engine": "sqlite",
        "epoch": "b1f0c2d3e4a5",
        "head": 42,
        "queued": 0,
        "sending": 0,
        "unknown": 0,
        "pending_webhooks": 0,
        "pending_media": 0,
        "failed_media": 0,
    },
    "handlers": [],
    "warnings": [],
}
_SANDBOX = {
    "on": True,
    "provider": "meta_whatsapp",
    "account": "sandbox",
    "url": "http://127.0.0.1:7070",
    "switches": [
        {"name": "throttled", "label": "Answer too many requests", "on": False, "once": True}
    ],
}
_WEBHOOK = {
    "id": 17,
    "account": "shop",
    "state": "done",
    "arrived_at": _AT,
    "method": "POST",
    "path": "/api/v1/messaging/webhooks/shop",
    "headers": {"content-type": "application/json", "x-hub-signature-256": "***"},
    "query": {},
    "body": "{}",
    "set_aside": [],
}
_FILE = {
    "id": _ID,
    "direction": "out",
    "state": "stored",
    "url": f"/api/v1/messaging/media/{_ID}",
    "mime_type": "image/jpeg",
    "filename": "door.jpg",
    "size": 48_213,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "attempt_count": 0,
    "created_at": _AT,
}
_PENDING = {key: value for key, value in _FILE.items() if key not in {"url", "sha256", "size"}}
_SET_ASIDE = {
    "webhook_id": 17,
    "account": "shop",
    "key": "5f1c2a9b7d10",
    "fault": {"code": "webhook_malformed", "message": "It has no `id`."},
    "updated_at": _AT,
}
_TAKEN = {
    **MESSAGE,
    "status": "accepted",
    "provider_message_id": "wamid.HBgLMTU1NTAxMDAwMDE",
    "attempt_count": 1,
    "handovers": 1,
    "receipt": {"provider_message_id": "wamid.HBgLMTU1NTAxMDAwMDE"},
}
_METRICS = "# TYPE relevo_accepted_total counter\nrelevo_accepted_total 42.0\n"

EXAMPLES: Mapping[str, Any] = MappingProxyType(
    {
        "send_message": _TAKEN,
        "cancel_message": {"id": _ID, "outcome": "cancelled"},
        "retry_message": MESSAGE,
        "resolve_message": {**MESSAGE, "status": "accepted", "handovers": 1, "attempt_count": 1},
        "replay_messages": {"items": [_ID], "more": False},
        "list_quarantined": {"items": [_SET_ASIDE], "next": None},
        "show_webhook": _WEBHOOK,
        "replay_webhooks": {"items": [17], "more": False},
        "discard_items": {
            "items": [{key: _SET_ASIDE[key] for key in ("webhook_id", "account", "key")}],
            "more": False,
        },
        "list_providers": {
            "items": [{"name": "console", "state": "loaded", "capabilities": ["text"]}]
        },
        "list_accounts": {"items": [_ACCOUNT]},
        "pause_account": _PAUSED,
        "resume_account": _ACCOUNT,
        "show_health": _HEALTH,
        "ask_health": _HEALTH,
        "list_templates": {"items": [_TEMPLATE], "next": None},
        "create_template": {**_TEMPLATE, "status": "PENDING"},
        "show_sandbox": _SANDBOX,
        "turn_switch": _SANDBOX,
        "reply_as_customer": {"account": "sandbox", "sender": "15550100001", "text": "Thank you!"},
        "tell_liveness": {"status": "live"},
        "tell_readiness": _READY,
        "list_keys": {"items": [_KEY]},
        "add_key": {**_KEY, "key": "rlv_k7x2m4q6t3wd_..."},
        "make_event_ticket": _TICKET,
        "tell_metrics": _METRICS,
        "answer_handshake": "1158201444",
        "take_webhook": "",
        "keep_media": _FILE,
        "fetch_media_again": _PENDING,
    }
)
"""What a handler's answer may be where nothing of its own shows it."""


def with_examples(handlers: Iterable[ControllerRouterHandler]) -> Iterator[ControllerRouterHandler]:
    """Give the handlers, described with what they answer."""
    for handler in handlers:
        name = getattr(getattr(handler, "fn", None), "__name__", "")
        if not isinstance(handler, HTTPRouteHandler) or name not in EXAMPLES:
            yield handler
            continue
        described = copy(handler)
        described.operation_class = _shown(handler.operation_class, EXAMPLES[name])
        yield described


def _shown(parent: type[Operation], example: Any) -> type[Operation]:
    """Make an operation that shows an answer wherever it succeeds and shows none."""

    @dataclass
    class Shown(parent):  # type: ignore[valid-type,misc]
        def __post_init__(self) -> None:
            before = getattr(super(), "__post_init__", None)
            if before is not None:
                before()
            for status, response in (self.responses or {}).items():
                for kind, media in (getattr(response, "content", None) or {}).items():
                    if status < "3" and kind != "*/*" and not media.examples:
                        media.examples = {"answer": ShownExample(value=example)}

    return Shown
