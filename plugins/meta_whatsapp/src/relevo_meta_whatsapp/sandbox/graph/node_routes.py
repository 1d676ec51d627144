"""`/{id}` itself: a number, media, a template, an account, or the token's own page."""

from __future__ import annotations

from litestar import delete, get, post
from litestar.exceptions import NotFoundException
from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.desk import HttpAnswer, HttpRequest
from relevo_meta_whatsapp.sandbox.graph.answers import raise_unknown_object
from relevo_meta_whatsapp.sandbox.graph.app_routes import change_number, show_token
from relevo_meta_whatsapp.sandbox.graph.calls import Call, enter
from relevo_meta_whatsapp.sandbox.graph.media_routes import find_media, finish_upload
from relevo_meta_whatsapp.sandbox.graph.number_fields import (
    fields_of,
    health,
    show_fields,
    show_number,
)
from relevo_meta_whatsapp.sandbox.graph.paging import page_of
from relevo_meta_whatsapp.sandbox.graph.template_routes import change_template, find_template

_PATH = "/{version:str}/{node:str}"
_OWN = "sandbox"
_ACCOUNT_FIELDS = ("name", "timezone_id", "message_template_namespace")


@get(_PATH)
async def show_node(request: HttpRequest) -> HttpAnswer:
    """Show what an id names."""
    _leave_own_routes(request)
    call = enter(request)
    if call.node == "debug_token":
        return call.answer(show_token(call))
    asked = request.query_params.get("fields")
    if call.node in call.state.numbers:
        number = call.number()
        call.spend(number)
        return await call.carry_out("manage", lambda: show_number(call.state, number, asked))
    if call.node in call.state.templates:
        call.spend()
        return await call.carry_out("manage", lambda: _show_account(call, asked))
    if call.state.media.find(call.node, call.now) is not None:
        stored = find_media(call)
        base = call.state.base_url
        return await call.carry_out("media", lambda: call.state.media.view(stored, base, call.now))
    _, template = find_template(call)
    return call.answer(template.view())


@post(_PATH, status_code=200)
async def change_node(request: HttpRequest) -> HttpAnswer:
    """Change a number or a template, or finish an upload."""
    _leave_own_routes(request)
    call = enter(request)
    if call.node in call.state.numbers:
        return await change_number(call)
    if call.node in call.state.handles:
        return await finish_upload(call)
    return await change_template(call)


@delete(_PATH, status_code=200)
async def delete_node(request: HttpRequest) -> HttpAnswer:
    """Delete media."""
    _leave_own_routes(request)
    call = enter(request)
    stored = find_media(call)

    def remove() -> dict[str, bool]:
        call.state.media.remove(stored.media_id)
        return {"success": True}

    return await call.carry_out("media", remove)


@get("/{version:str}/{node:str}/phone_numbers")
async def list_numbers(request: HttpRequest) -> HttpAnswer:
    """List the numbers of an account."""
    call = enter(request)
    call.templates()
    call.spend()
    numbers = [one for one in call.state.numbers.values() if one.number.waba_id == call.node]
    asked = request.query_params.get("fields")
    rows = [show_number(call.state, one, asked) for one in numbers]
    return call.answer(page_of(rows, request, call.state.base_url))


def _show_account(call: Call, asked: str | None) -> dict[str, JsonValue]:
    numbers = [one for one in call.state.numbers.values() if one.number.waba_id == call.node]
    if not numbers:
        raise_unknown_object("get")
    can_send = call.state.behaviour.can_send
    fields: dict[str, JsonValue] = {
        "id": call.node,
        "name": "Relevo sandbox",
        "timezone_id": "1",
        "currency": "USD",
        "message_template_namespace": "sandbox",
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
        "ownership_type": "SELF",
        "whatsapp_business_manager_messaging_limit": fields_of(call.state, numbers[0])[
            "whatsapp_business_manager_messaging_limit"
        ],
        "health_status": health(can_send, {"WABA": can_send}, {"WABA": call.node}),
    }
    return show_fields(fields, asked, "WhatsAppBusinessAccount", _ACCOUNT_FIELDS)


def _leave_own_routes(request: HttpRequest) -> None:
    if request.path_params["version"] == _OWN:
        raise NotFoundException


NODE_ROUTES = (show_node, change_node, delete_node, list_numbers)
