"""What people tapped or filled in."""

from __future__ import annotations

from types import MappingProxyType

from pydantic import JsonValue

from relevo import ChoiceContent, ChoiceSource
from relevo_meta_whatsapp.native.inbound import (
    CallPermissionReply,
    FlowReply,
    PaymentMethod,
)
from relevo_meta_whatsapp.receiving.contents.kinds import InboundContent, Read
from relevo_meta_whatsapp.receiving.reading import (
    JsonObject,
    need_object,
    need_text,
    optional_text,
    raise_malformed,
)
from relevo_meta_whatsapp.vendor_json import depth_exceeds, load_json


def read_button(message: JsonObject) -> InboundContent:
    """Read a quick reply of a template; the one without an id answers with its words.

    Raises:
        WebhookMalformed: It has not the documented form.
    """
    button = need_object(message, "button", "message")
    title = need_text(button, "text", "button")
    identifier = optional_text(button, "payload", "button") or title
    return ChoiceContent(id=identifier, title=title, source=ChoiceSource.TEMPLATE)


def read_interactive(message: JsonObject) -> InboundContent:
    """Read an answer to an interactive message.

    Raises:
        WebhookMalformed: It is of a kind yet unknown, or has not the documented form.
    """
    interactive = need_object(message, "interactive", "message")
    kind = need_text(interactive, "type", "interactive")
    read = _REPLIES.get(kind)
    if read is None:
        raise_malformed("interactive.type", "a kind we know")
    return read(need_object(interactive, kind, "interactive"))


def _read_button_reply(reply: JsonObject) -> InboundContent:
    return _choice(reply, ChoiceSource.BUTTON)


def _read_list_reply(reply: JsonObject) -> InboundContent:
    return _choice(reply, ChoiceSource.LIST)


def _choice(reply: JsonObject, source: ChoiceSource) -> ChoiceContent:
    return ChoiceContent(
        id=need_text(reply, "id", "reply"),
        title=need_text(reply, "title", "reply"),
        description=optional_text(reply, "description", "reply"),
        source=source,
    )


def _read_flow_reply(reply: JsonObject) -> InboundContent:
    if reply.get("response_json") is None:
        raise_malformed("nfm_reply.response_json", "there")
    return FlowReply(
        name=optional_text(reply, "name", "nfm_reply"),
        body=optional_text(reply, "body", "nfm_reply"),
        response=_read_response(reply.get("response_json")),
    )


def _read_response(told: JsonValue) -> JsonValue:
    """Read the object in the text; text that holds none stays text."""
    if not isinstance(told, str):
        return told
    try:
        response = load_json(told.encode())
    except ValueError:
        return told
    return response if isinstance(response, dict) and not depth_exceeds(response) else told


def _read_call_permission(reply: JsonObject) -> InboundContent:
    return CallPermissionReply(
        response=need_text(reply, "response", "call_permission_reply"),
        response_source=optional_text(reply, "response_source", "call_permission_reply"),
        expiration_timestamp=reply.get("expiration_timestamp"),
        is_permanent=reply.get("is_permanent"),
    )


def _read_payment_method(reply: JsonObject) -> InboundContent:
    return PaymentMethod(
        payment_method=reply.get("payment_method"),
        reference_id=optional_text(reply, "reference_id", "payment_method"),
        payment_timestamp=reply.get("payment_timestamp"),
    )


_REPLIES: MappingProxyType[str, Read] = MappingProxyType(
    {
        "button_reply": _read_button_reply,
        "list_reply": _read_list_reply,
        "nfm_reply": _read_flow_reply,
        "call_permission_reply": _read_call_permission,
        "payment_method": _read_payment_method,
    }
)
"""Meta's kinds of answers. Any other is kept whole."""
