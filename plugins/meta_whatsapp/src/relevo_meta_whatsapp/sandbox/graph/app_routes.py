"""Who is told the news: subscriptions, overrides, and what a token is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from litestar import delete, get, post
from pydantic import JsonValue, SecretStr

from relevo_meta_whatsapp.sandbox.addresses import is_local
from relevo_meta_whatsapp.sandbox.desk import HttpAnswer, HttpRequest
from relevo_meta_whatsapp.sandbox.graph.answers import (
    GraphRefusal,
    raise_bad_request,
    raise_unknown_object,
)
from relevo_meta_whatsapp.sandbox.graph.calls import Call, enter, is_token
from relevo_meta_whatsapp.sandbox.state.apps import Override, SubscribedApp

_SUBSCRIBED = "/{version:str}/{node:str}/subscribed_apps"
_MOST_URL = 200
_DONE: Mapping[str, JsonValue] = MappingProxyType({"success": True})
_SCOPES = ("whatsapp_business_messaging", "whatsapp_business_management")
_OBJECT = "whatsapp_business_account"


@post(_SUBSCRIBED, status_code=200)
async def subscribe(request: HttpRequest) -> HttpAnswer:
    """Subscribe the app to an account; without an override this drops the one there was."""
    call = enter(request)
    call.templates()
    call.spend()
    told = await call.parameters()
    app = call.state.apps[0]
    url = told.get("override_callback_uri")
    if url is None:
        app.by_waba.pop(call.node, None)
    else:
        app.by_waba[call.node] = await _override(call, url, told.get("verify_token"))
    app.is_subscribed = True
    return await call.carry_out("manage", lambda: _DONE)


@get(_SUBSCRIBED)
async def list_apps(request: HttpRequest) -> HttpAnswer:
    """List the apps that are told the news of an account."""
    call = enter(request)
    call.templates()
    rows = [_row(app, call.node) for app in call.state.apps if app.is_subscribed]
    return call.answer({"data": list(rows)})


@delete(_SUBSCRIBED, status_code=200)
async def unsubscribe(request: HttpRequest) -> HttpAnswer:
    """Tell the app nothing more."""
    call = enter(request)
    call.templates()
    call.state.apps[0].is_subscribed = False
    return await call.carry_out("manage", lambda: _DONE)


def _row(app: SubscribedApp, waba_id: str) -> dict[str, JsonValue]:
    row: dict[str, JsonValue] = {
        "whatsapp_business_api_data": {
            "id": app.app_id,
            "name": app.name,
            "link": "https://www.facebook.com/games/?app_id=" + app.app_id,
        }
    }
    if override := app.by_waba.get(waba_id):
        row["override_callback_uri"] = override.url
    return row


@get("/{version:str}/{node:str}/subscriptions")
async def show_subscription(request: HttpRequest) -> HttpAnswer:
    """Show where an app's news go and which."""
    call = enter(request)
    app = _app(call)
    fields = sorted(app.fields or ())
    return call.answer(
        {
            "data": [
                {
                    "object": _OBJECT,
                    "callback_url": app.url,
                    "active": app.is_subscribed,
                    "fields": [{"name": name, "version": call.version} for name in fields],
                }
            ]
        }
    )


@post("/{version:str}/{node:str}/subscriptions", status_code=200)
async def change_subscription(request: HttpRequest) -> HttpAnswer:
    """Set where an app's news go; the new address is asked for its challenge first."""
    call = enter(request)
    app = _app(call)
    told = await call.parameters()
    if told.get("object") != _OBJECT:
        raise_bad_request(f"Param object must be {_OBJECT}")
    new = await _override(call, told.get("callback_url"), told.get("verify_token"))
    fields = told.get("fields")
    app.url, app.verify_token, app.is_subscribed = new.url, new.verify_token, True
    if isinstance(fields, str):
        app.fields = frozenset(name.strip() for name in fields.split(",") if name.strip())
    return await call.carry_out("manage", lambda: _DONE)


async def change_number(call: Call) -> HttpAnswer:
    """Set or remove the override of one number."""
    number = call.number()
    call.spend(number)
    told = await call.parameters()
    asked = told.get("webhook_configuration")
    if not isinstance(asked, dict):
        raise_bad_request("The parameter webhook_configuration is required.")
    url = asked.get("override_callback_uri")
    overrides = call.state.apps[0].by_number
    if url in {"", None}:
        overrides.pop(call.node, None)
    else:
        overrides[call.node] = await _override(call, url, asked.get("verify_token"))
    return await call.carry_out("manage", lambda: _DONE)


async def _override(call: Call, url: JsonValue, token: JsonValue) -> Override:
    if not isinstance(url, str) or not url or len(url) > _MOST_URL:
        raise_bad_request(f"The address has to be a text of at most {_MOST_URL}.")
    if not is_local(url):
        raise_bad_request("Sandbox: webhooks go to this machine only, such as http://127.0.0.1.")
    if not isinstance(token, str) or not token:
        raise_bad_request("The parameter verify_token is required.")
    found = await call.desk.postman.ask(url, token)
    if found is not None:
        raise GraphRefusal(2200, found, title=f"(#2200) Callback verification failed: {found}")
    return Override(url, SecretStr(token))


def _app(call: Call) -> SubscribedApp:
    found = next((app for app in call.state.apps if app.app_id == call.node), None)
    if found is None:
        raise_unknown_object(call.request.method)
    return found


def show_token(call: Call) -> dict[str, JsonValue]:
    """Tell what a token is; only this sandbox's own is valid."""
    given = call.request.query_params.get("input_token")
    if not given:
        raise_bad_request("The parameter input_token is required.")
    app = call.state.apps[0]
    if not is_token(given, call.state.number.access_token.get_secret_value()):
        error: JsonValue = {"code": 190, "message": "Invalid OAuth access token."}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    wabas: list[JsonValue] = list(call.state.templates)
    granular: list[JsonValue] = [{"scope": scope, "target_ids": wabas} for scope in _SCOPES]
    data: dict[str, JsonValue] = {
        "app_id": app.app_id,
        "type": "SYSTEM_USER",
        "application": app.name,
        "data_access_expires_at": 0,
        "expires_at": 0,
        "is_valid": True,
        "issued_at": int(call.now),
        "scopes": [*_SCOPES],
        "granular_scopes": granular,
        "user_id": "100200300",
    }
    return {"data": data}


APP_ROUTES = (subscribe, list_apps, unsubscribe, show_subscription, change_subscription)
