"""A business number's own routes: profile, registration, settings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from litestar import get, post
from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.desk import HttpAnswer, HttpRequest
from relevo_meta_whatsapp.sandbox.graph.answers import GraphRefusal, raise_bad_request
from relevo_meta_whatsapp.sandbox.graph.calls import Call, enter
from relevo_meta_whatsapp.sandbox.graph.envelope import check_product
from relevo_meta_whatsapp.sandbox.graph.rules import (
    a_list,
    any_text,
    anything,
    fields,
    one_of,
    text,
    web_address,
    yes_or_no,
)
from relevo_meta_whatsapp.sandbox.state import NumberState

_REGISTRATIONS = 10
_REGISTRATION_S = 72 * 3600.0
_DONE: Mapping[str, JsonValue] = MappingProxyType({"success": True})
_PROFILE = fields(
    {"messaging_product": one_of("whatsapp")},
    {
        "about": text(139),
        "address": any_text(256),
        "description": any_text(512),
        "email": any_text(128),
        "websites": a_list(web_address, 0, 2),
        "vertical": text(),
        "profile_picture_handle": text(),
    },
)
_REGISTER = fields(
    {"messaging_product": one_of("whatsapp"), "pin": text(form=r"[0-9]{6}")},
    {"data_localization_region": text(2)},
)
_REQUEST_CODE = fields({"code_method": one_of("SMS", "VOICE"), "language": text()}, is_open=True)
_CHECKS = MappingProxyType(
    {
        "conversational_automation": fields(
            optional={
                "enable_welcome_message": yes_or_no,
                "commands": a_list(anything, 0, 30),
                "prompts": a_list(text(80), 0, 4),
            }
        ),
        "whatsapp_commerce_settings": fields(
            optional={"is_catalog_visible": yes_or_no, "is_cart_enabled": yes_or_no}
        ),
        "settings": fields(
            optional={
                "calling": anything,
                "user_identity_change": fields({"enable_identity_key_check": yes_or_no}),
                "storage_configuration": anything,
                "payload_encryption": anything,
            }
        ),
    }
)
"""Settings that are kept and shown again; nothing else in the sandbox depends on them."""
_PROFILE_PATH = "/{version:str}/{node:str}/whatsapp_business_profile"


def _managed(request: HttpRequest) -> tuple[Call, NumberState]:
    call = enter(request)
    number = call.number()
    call.spend(number)
    return call, number


@get(_PROFILE_PATH)
async def show_profile(request: HttpRequest) -> HttpAnswer:
    """Show the business profile."""
    call, number = _managed(request)
    asked = request.query_params.get("fields")
    wanted = asked.split(",") if asked else list(number.profile)
    shown = {name: number.profile[name] for name in wanted if name in number.profile}
    return call.answer({"data": [{**shown, "messaging_product": "whatsapp"}]})


@post(_PROFILE_PATH, status_code=200)
async def change_profile(request: HttpRequest) -> HttpAnswer:
    """Change what is given of the business profile."""
    call, number = _managed(request)
    payload = await call.payload()
    check_product(payload)
    _PROFILE(payload, "profile")
    number.profile |= {name: one for name, one in payload.items() if name != "messaging_product"}
    return await call.carry_out("manage", lambda: _DONE)


@post("/{version:str}/{node:str}/register", status_code=200)
async def register(request: HttpRequest) -> HttpAnswer:
    """Register the number; its first pin is the one that counts from then on."""
    call, number = _managed(request)
    payload = await call.parameters()
    _REGISTER(payload, "register")
    recent = [at for at in number.registrations if call.now - at < _REGISTRATION_S]
    if len(recent) >= _REGISTRATIONS:
        details = f"More than {_REGISTRATIONS} registrations within 72 hours."
        raise GraphRefusal(133016, details)
    number.registrations = [*recent, call.now]
    if number.pin is not None and number.pin != payload["pin"]:
        raise GraphRefusal(133005, "pin is not the number's.")
    number.pin, number.is_registered = str(payload["pin"]), True
    return await call.carry_out("manage", lambda: _DONE)


@post("/{version:str}/{node:str}/deregister", status_code=200)
async def deregister(request: HttpRequest) -> HttpAnswer:
    """Take the number out of use: sends are refused until it is registered again."""
    call, number = _managed(request)
    number.is_registered = False
    return await call.carry_out("manage", lambda: _DONE)


@post("/{version:str}/{node:str}/request_code", status_code=200)
async def request_code(request: HttpRequest) -> HttpAnswer:
    """Pretend to send a code; any six digits verify."""
    call, _ = _managed(request)
    _REQUEST_CODE(await call.parameters(), "request_code")
    return await call.carry_out("manage", lambda: _DONE)


@post("/{version:str}/{node:str}/verify_code", status_code=200)
async def verify_code(request: HttpRequest) -> HttpAnswer:
    """Verify the number by a code."""
    call, number = _managed(request)
    told = await call.parameters()
    text(form=r"[0-9]{6}")(told.get("code"), "code")
    number.facts["code_verification_status"] = "VERIFIED"
    return await call.carry_out("manage", lambda: _DONE)


@get("/{version:str}/{node:str}/settings")
async def show_settings(request: HttpRequest) -> HttpAnswer:
    """Show what was set."""
    call, number = _managed(request)
    return call.answer({name: number.settings[name] for name in number.settings})


@post([f"/{{version:str}}/{{node:str}}/{name}" for name in _CHECKS], status_code=200)
async def change_settings(request: HttpRequest) -> HttpAnswer:
    """Keep settings."""
    call, number = _managed(request)
    name = request.url.path.rstrip("/").rpartition("/")[2]
    payload = await call.parameters()
    if not payload:
        raise_bad_request(f"Nothing to set was given to {name}.")
    _CHECKS[name](payload, name)
    number.settings |= payload
    return await call.carry_out("manage", lambda: _DONE)


NUMBER_ROUTES = (
    show_profile,
    change_profile,
    register,
    deregister,
    request_code,
    verify_code,
    show_settings,
    change_settings,
)
