"""The Graph API's rules for `POST /{phone_number_id}/messages`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType

from pydantic import JsonValue

from relevo_meta_whatsapp.addresses import digits_of
from relevo_meta_whatsapp.payloads import MAX_TEXT
from relevo_meta_whatsapp.sandbox.answers import (
    GraphRefusal,
    raise_invalid,
    raise_missing,
    wa_id_of,
)
from relevo_meta_whatsapp.sandbox.templates import SandboxTemplate, find_template

JsonObject = Mapping[str, JsonValue]

_DIGITS = re.compile(r"[0-9]{5,15}")
_USER = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_MAX_ECHO = 512
_MAX_TEMPLATE_NAME = 512
_UNCLEAN = re.compile(r"[\n\t]| {5}")
_COMPONENTS = frozenset({"body"})
"""No template of the sandbox has a header or buttons with places to fill."""


def is_read_receipt(payload: JsonObject) -> bool:
    """Tell read receipts (and typing, which comes with them) from sends."""
    return "status" in payload


def check_product(payload: JsonObject) -> None:
    """Check what every request needs."""
    product = payload.get("messaging_product")
    if product is None:
        title = "(#100) The parameter messaging_product is required."
        raise GraphRefusal(100, title, title=title)
    if product != "whatsapp":
        title = "(#100) Param messaging_product must be one of {WHATSAPP}"
        raise GraphRefusal(100, title, title=title)


def check_read_receipt(payload: JsonObject, inbound: AbstractSet[str]) -> None:
    """Check a read receipt, with or without typing."""
    if payload.get("status") != "read":
        raise_invalid("status", "must be 'read'")
    if _text_in(payload, "message_id", "message_id") not in inbound:
        raise_invalid("message_id", "is no message that came in")
    typing = payload.get("typing_indicator", {"type": "text"})
    if typing != {"type": "text"}:
        raise_invalid("typing_indicator", "must be {'type': 'text'}")


def check_send(payload: JsonObject) -> dict[str, str]:
    """Check a send by the rules of its type.

    Returns:
        The recipient as the answer names it: `wa_id` or `user_id`.

    Raises:
        GraphRefusal: In Meta's words and with Meta's code.
    """
    recipient = _recipient(payload)
    echo = payload.get("biz_opaque_callback_data", "")
    if not isinstance(echo, str) or len(echo) > _MAX_ECHO:
        raise_invalid("biz_opaque_callback_data", f"must be a text of at most {_MAX_ECHO}")
    if "context" in payload:
        _text_in(_object_in(payload, "context"), "message_id", "context.message_id")
    kind = payload.get("type", "text")
    if not isinstance(kind, str) or kind not in _RULES:
        details = "The sandbox carries text and template."
        raise GraphRefusal(131051, details)
    _RULES[kind](_object_in(payload, kind))
    return recipient


def _recipient(payload: JsonObject) -> dict[str, str]:
    group = payload.get("recipient_type", "individual")
    if group == "group":
        details = "The sandbox has no groups."
        raise GraphRefusal(131041, details)
    if group != "individual":
        raise_invalid("recipient_type", "must be 'individual' or 'group'")
    # Where both are given, the phone number wins.
    if "to" in payload:
        to = payload["to"]
        digits = digits_of(to) if isinstance(to, str) else ""
        if not _DIGITS.fullmatch(digits):
            raise_invalid("to", "is no phone number")
        return {"wa_id": wa_id_of(digits)}
    if "recipient" not in payload:
        raise_missing("to")
    user = payload["recipient"]
    if not isinstance(user, str) or not _USER.fullmatch(user):
        raise_invalid("recipient", "is no user id")
    return {"user_id": user}


def _check_text(text: JsonObject) -> None:
    body = _text_in(text, "body", "text.body")
    if len(body) > MAX_TEXT:
        title = f"(#100) Param text['body'] must be at most {MAX_TEXT} characters long."
        raise GraphRefusal(100, title, title=title)
    if not isinstance(text.get("preview_url", False), bool):
        raise_invalid("text.preview_url", "must be true or false")


def _check_template(template: JsonObject) -> None:
    name = _text_in(template, "name", "template.name")
    if len(name) > _MAX_TEMPLATE_NAME:
        raise_invalid("template.name", f"has more than {_MAX_TEMPLATE_NAME} characters")
    language = _object_in(template, "language", "template.language")
    code = _text_in(language, "code", "template.language.code")
    if language.get("policy", "deterministic") != "deterministic":
        raise_invalid("template.language.policy", "must be 'deterministic'")
    known = find_template(name, code)
    if known is None:
        details = f"template name ({name}) does not exist in {code}"
        raise GraphRefusal(132001, details, status=404)
    components = template.get("components", [])
    if not isinstance(components, list):
        raise_invalid("template.components", "must be a list")
    _check_parameters(known, _body_parameters(components))


def _body_parameters(components: list[JsonValue]) -> list[JsonValue]:
    filled: list[JsonValue] = []
    for place, component in enumerate(components):
        where = f"template.components[{place}]"
        if not isinstance(component, dict):
            raise_invalid(where, "must be an object")
        if component.get("type") not in _COMPONENTS:
            details = f"{where}.type: the template has only a body to fill"
            raise GraphRefusal(132012, details)
        parameters = component.get("parameters", [])
        if not isinstance(parameters, list):
            raise_invalid(f"{where}.parameters", "must be a list")
        filled.extend(parameters)
    return filled


def _check_parameters(template: SandboxTemplate, parameters: list[JsonValue]) -> None:
    if len(parameters) != len(template.places):
        details = (
            f"body: number of localizable_params ({len(parameters)}) does not match the expected "
            f"number of params ({len(template.places)})"
        )
        raise GraphRefusal(132000, details)
    names = []
    for place, parameter in enumerate(parameters):
        where = f"body.parameters[{place}]"
        if not isinstance(parameter, dict) or parameter.get("type") != "text":
            raise GraphRefusal(132012, f"{where}: the template expects a text")
        text = _text_in(parameter, "text", f"{where}.text")
        if _UNCLEAN.search(text):
            details = f"{where}: no line breaks, tabs or more than four spaces in a row"
            raise GraphRefusal(132018, details)
        names.append(parameter.get("parameter_name"))
    expected = list(template.places) if template.is_named else [None] * len(names)
    if sorted(map(str, names)) != sorted(map(str, expected)):
        details = "body: parameter_name has to be given for named templates, and only for them"
        raise GraphRefusal(132012, details)


def _object_in(mapping: JsonObject, key: str, name: str | None = None) -> JsonObject:
    if key not in mapping:
        raise_missing(name or key)
    value = mapping[key]
    if not isinstance(value, dict):
        raise_invalid(name or key, "must be an object")
    return value


def _text_in(mapping: JsonObject, key: str, name: str) -> str:
    value = mapping.get(key)
    if value is None or value == "":
        raise_missing(name)
    if not isinstance(value, str):
        raise_invalid(name, "must be a text")
    return value


_RULES = MappingProxyType({"text": _check_text, "template": _check_template})
