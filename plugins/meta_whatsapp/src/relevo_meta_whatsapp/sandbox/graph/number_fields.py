"""The fields of a business number, as `GET /{number}?fields=` shows them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.behaviour import CanSend
from relevo_meta_whatsapp.sandbox.graph.answers import raise_bad_request
from relevo_meta_whatsapp.sandbox.graph.sends import LOCKED
from relevo_meta_whatsapp.sandbox.state import NumberState, SandboxState
from relevo_meta_whatsapp.sandbox.state.apps import SubscribedApp

_DEFAULT_FIELDS = (
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
    "platform_type",
    "throughput",
    "webhook_configuration",
)
_FIXED: Mapping[str, JsonValue] = MappingProxyType(
    {
        "verified_name": "Relevo sandbox",
        "code_verification_status": "VERIFIED",
        "quality_rating": "GREEN",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "name_status": "APPROVED",
        "status": "CONNECTED",
        "account_mode": "SANDBOX",
        "is_official_business_account": False,
        "whatsapp_business_manager_messaging_limit": "TIER_250",
    }
)
SETTABLE = frozenset(_FIXED)
"""Fields that the sandbox can be told to show otherwise."""


def show_fields(
    fields: Mapping[str, JsonValue], asked: str | None, node: str, default: tuple[str, ...]
) -> dict[str, JsonValue]:
    """Choose the fields that were asked for, or Meta's own choice of them; `id` comes anyway.

    Raises:
        GraphRefusal: One of them does not exist.
    """
    wanted = [name.strip() for name in asked.split(",")] if asked else list(default)
    for name in wanted:
        if name not in fields:
            raise_bad_request(
                f"Tried accessing nonexisting field ({name[:64]}) on node type ({node})"
            )
    return {name: fields[name] for name in dict.fromkeys([*wanted, "id"])}


def show_number(
    state: SandboxState, number: NumberState, asked: str | None
) -> dict[str, JsonValue]:
    """Show a business number."""
    return show_fields(
        fields_of(state, number), asked, "WhatsAppBusinessPhoneNumber", _DEFAULT_FIELDS
    )


def fields_of(state: SandboxState, number: NumberState) -> dict[str, JsonValue]:
    """Write all fields of a business number."""
    can_send = state.behaviour.can_send
    return {
        **_FIXED,
        "status": "CONNECTED" if number.is_registered else "DISCONNECTED",
        **number.facts,
        "id": number.number_id,
        "display_phone_number": number.number.display_number,
        "webhook_configuration": _addresses(state.apps[0], number),
        "health_status": health(
            can_send,
            {"PHONE_NUMBER": "AVAILABLE", "WABA": can_send},
            {"PHONE_NUMBER": number.number_id, "WABA": number.number.waba_id},
        ),
    }


def _addresses(app: SubscribedApp, number: NumberState) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {"application": app.url}
    if override := app.by_waba.get(number.number.waba_id):
        told["whatsapp_business_account"] = override.url
    if override := app.by_number.get(number.number_id):
        told["phone_number"] = override.url
    return told


def health(
    can_send: CanSend, parts: Mapping[str, CanSend], ids: Mapping[str, str]
) -> dict[str, JsonValue]:
    """Write whether the parts of an account can send."""
    return {
        "can_send_message": can_send,
        "entities": [_entity(kind, ids[kind], parts[kind]) for kind in parts],
    }


def _entity(kind: str, entity_id: str, can_send: CanSend) -> JsonValue:
    entity: dict[str, JsonValue] = {
        "entity_type": kind,
        "id": entity_id,
        "can_send_message": can_send,
    }
    if can_send == "BLOCKED":
        entity["errors"] = [
            {
                "error_code": LOCKED,
                "error_description": "Sandbox: the account was told to be locked.",
                "possible_solution": "Change the sandbox's behaviour.",
            }
        ]
    if can_send == "LIMITED":
        entity["additional_info"] = ["Sandbox: the account was told to have limits."]
    return entity
