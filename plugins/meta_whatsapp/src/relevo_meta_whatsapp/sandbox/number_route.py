"""The Graph API's route for the business number itself: its fields and whether it can send."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from litestar import get
from litestar.exceptions import NotFoundException
from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.answers import GraphRefusal
from relevo_meta_whatsapp.sandbox.behaviour import CanSend
from relevo_meta_whatsapp.sandbox.desk import HttpAnswer, HttpRequest, desk_of, json_answer
from relevo_meta_whatsapp.sandbox.graph_route import LOCKED, check_caller
from relevo_meta_whatsapp.sandbox.state import SandboxNumber

_DEFAULT_FIELDS = (
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
    "platform_type",
    "throughput",
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


@get("/{version:str}/{number:str}")
async def show_number(request: HttpRequest) -> HttpAnswer:
    """Show the fields that were asked for, or Meta's own choice of them."""
    state = desk_of(request).state
    version, number = request.path_params["version"], request.path_params["number"]
    if version == "sandbox":
        raise NotFoundException
    check_caller(request, state.number, version, number)
    fields = _fields(state.number, state.behaviour.can_send)
    asked = request.query_params.get("fields")
    wanted = [name.strip() for name in asked.split(",")] if asked else list(_DEFAULT_FIELDS)
    for name in wanted:
        if name not in fields:
            title = (
                f"(#100) Tried accessing nonexisting field ({name[:64]}) on node type "
                "(WhatsAppBusinessPhoneNumber)"
            )
            raise GraphRefusal(100, title, title=title)
    return json_answer(
        {name: fields[name] for name in dict.fromkeys([*wanted, "id"])},
        headers={"facebook-api-version": version},
    )


def _fields(number: SandboxNumber, can_send: CanSend) -> dict[str, JsonValue]:
    return {
        **_FIXED,
        "id": number.phone_number_id,
        "display_phone_number": number.display_number,
        "health_status": {
            "can_send_message": can_send,
            "entities": [
                _entity("PHONE_NUMBER", number.phone_number_id, "AVAILABLE"),
                _entity("WABA", number.waba_id, can_send),
            ],
        },
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
