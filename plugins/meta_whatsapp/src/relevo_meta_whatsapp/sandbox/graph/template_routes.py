"""Templates of an account: list, create, change, delete, unpause."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from litestar import delete, get, post
from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.desk import HttpAnswer, HttpRequest
from relevo_meta_whatsapp.sandbox.graph.answers import (
    GraphRefusal,
    raise_bad_request,
    raise_unknown_object,
)
from relevo_meta_whatsapp.sandbox.graph.calls import Call, enter
from relevo_meta_whatsapp.sandbox.graph.paging import page_of
from relevo_meta_whatsapp.sandbox.graph.template_form import check_components, check_new
from relevo_meta_whatsapp.sandbox.state.templates import Template, TemplateStore

_PATH = "/{version:str}/{node:str}/message_templates"
_FILTERS = ("name", "status", "category", "language")
_MOST = 250
_CREATED_IN_AN_HOUR = 100
_EDITS: Mapping[float, int] = MappingProxyType({24 * 3600.0: 1, 30 * 24 * 3600.0: 10})
"""How often an approved template can be changed, in so many seconds."""
_DONE: Mapping[str, JsonValue] = MappingProxyType({"success": True})
_CHANGEABLE = frozenset({"APPROVED", "REJECTED", "PAUSED"})


@get(_PATH)
async def list_templates(request: HttpRequest) -> HttpAnswer:
    """List templates in pages; name, status, category and language narrow the list."""
    call = enter(request)
    store = call.templates()
    call.spend()
    rows = [template.view() for template in store]
    for name in _FILTERS:
        if asked := request.query_params.get(name):
            rows = [row for row in rows if str(row[name]).lower() == asked.lower()]
    return call.answer(page_of(rows, request, call.state.base_url))


@post(_PATH, status_code=200)
async def create_template(request: HttpRequest) -> HttpAnswer:
    """Take a new template; what Meta decides about it comes as a webhook."""
    call = enter(request)
    store = call.templates()
    _spend_creation(call)
    asked = await call.payload()
    check_new(asked)
    name, language = str(asked["name"]), str(asked["language"])
    _check_free(call, store, name, language)
    components = asked["components"]
    ttl_s = asked.get("message_send_ttl_seconds")

    def add() -> Mapping[str, JsonValue]:
        template = store.add(
            name=name,
            language=language,
            category=str(asked["category"]).upper(),
            components=components if isinstance(components, list) else [],
            parameter_format=str(asked.get("parameter_format", "POSITIONAL")).upper(),
            status="PENDING",
            ttl_s=ttl_s if isinstance(ttl_s, int) else None,
        )
        call.desk.teller.tell_review(call.node, template)
        return {
            "id": template.template_id,
            "status": template.status,
            "category": template.category,
        }

    return await call.carry_out("manage", add)


@delete(_PATH, status_code=200)
async def delete_templates(request: HttpRequest) -> HttpAnswer:
    """Delete a template in all its languages, or the one `hsm_id` names."""
    call = enter(request)
    store = call.templates()
    call.spend()
    name = request.query_params.get("name")
    if not name:
        raise_bad_request("The parameter name is required.")
    found = store.named(name)
    if wanted := request.query_params.get("hsm_id"):
        found = [one for one in found if one.template_id == wanted]
    if not found:
        raise_bad_request("Message template was not found", 2593002)

    def remove() -> Mapping[str, JsonValue]:
        for template in found:
            store.remove(template, call.now)
            call.desk.teller.tell_template(call.node, template, "DELETED")
        return _DONE

    return await call.carry_out("manage", remove)


@post("/{version:str}/{node:str}/unpause", status_code=200)
async def unpause(request: HttpRequest) -> HttpAnswer:
    """Put a paused template back to use."""
    call = enter(request)
    waba_id, template = find_template(call)
    if template.status != "PAUSED":
        raise_bad_request("The template is not paused.")

    def resume() -> Mapping[str, JsonValue]:
        call.desk.teller.change_template(waba_id, template, "APPROVED", event="REINSTATED")
        return _DONE

    return await call.carry_out("manage", resume)


async def change_template(call: Call) -> HttpAnswer:
    """Change components or category of a template; it is reviewed anew."""
    waba_id, template = find_template(call)
    call.spend()
    asked = await call.payload()
    if template.status not in _CHANGEABLE:
        raise_bad_request(f"A template that is {template.status} cannot be changed.", 2388039)
    for span_s, most in _EDITS.items():
        recent = [at for at in template.edits if call.now - at < span_s]
        if template.status == "APPROVED" and len(recent) >= most:
            raise_bad_request("The template was changed too often.", 2388040)
    if "components" in asked:
        is_named = template.is_named
        check_components(asked["components"], template.category, is_named=is_named)

    def change() -> Mapping[str, JsonValue]:
        components = asked.get("components")
        if isinstance(components, list):
            template.components = components
        if "category" in asked and template.status != "APPROVED":
            template.category = str(asked["category"]).upper()
        template.edits.append(call.now)
        template.status = "PENDING"
        call.desk.teller.tell_review(waba_id, template)
        return _DONE

    return await call.carry_out("manage", change)


def find_template(call: Call) -> tuple[str, Template]:
    """Give the template the path names, and the account it belongs to.

    Raises:
        GraphRefusal: There is none.
    """
    everywhere = ((waba, store.by_id(call.node)) for waba, store in call.state.templates.items())
    waba_id, template = next((one for one in everywhere if one[1] is not None), ("", None))
    if template is None:
        raise_unknown_object(call.request.method)
    return waba_id, template


def _spend_creation(call: Call) -> None:
    call.spend()
    owner = next(one for one in call.state.numbers.values() if one.number.waba_id == call.node)
    is_within = owner.template_budget.spend(_CREATED_IN_AN_HOUR, call.now)
    if call.state.behaviour.limits and not is_within:
        details = "More than 100 templates within an hour."
        raise GraphRefusal(80007, details)


def _check_free(call: Call, store: TemplateStore, name: str, language: str) -> None:
    if len(store) >= _MOST:
        raise_bad_request(f"An account may have {_MOST} templates.", 2388019)
    if store.find(name, language) is not None:
        raise_bad_request(f"There is already {language} content for this template.", 2388024)
    if call.now < store.taken_names.get(name, 0):
        raise_bad_request("The name of a deleted template is free again after 30 days.", 2388023)


TEMPLATE_ROUTES = (list_templates, create_template, delete_templates, unpause)
