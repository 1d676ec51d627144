"""Forms and calls: what asks the person to fill in, to share or to talk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from relevo_meta_whatsapp.native import (
    AddressRequest,
    CallPermissionRequest,
    ContactRequest,
    Flow,
    VoiceCall,
)
from relevo_meta_whatsapp.payloads.interactive import interactive, named_action
from relevo_meta_whatsapp.payloads.part import Part, Payload, given


def _flow(content: Flow) -> Part:
    first: Payload = given([("screen", content.screen), ("data", content.data or None)])
    parameters = given(
        [
            ("flow_message_version", "3"),
            ("flow_id", content.flow_id),
            ("flow_name", content.flow_name),
            ("flow_cta", content.label),
            ("flow_token", content.flow_token),
            ("mode", "draft" if content.draft else None),
            ("flow_action", content.flow_action),
            ("flow_action_payload", first or None),
        ]
    )
    return interactive(
        "flow",
        named_action("flow", parameters),
        body=content.body,
        header=content.header,
        footer=content.footer,
    )


def _address_request(content: AddressRequest) -> Part:
    action = named_action("address_message", {"country": content.country})
    return interactive("address_message", action, body=content.body)


def _call_permission(content: CallPermissionRequest) -> Part:
    action = named_action("call_permission_request")
    return interactive("call_permission_request", action, body=content.body)


def _voice_call(content: VoiceCall) -> Part:
    parameters = given(
        [
            ("display_text", content.label),
            ("ttl_minutes", content.ttl_minutes),
            ("payload", content.payload),
        ]
    )
    return interactive("voice_call", named_action("voice_call", parameters), body=content.body)


def _contact_request(content: ContactRequest) -> Part:
    action = named_action("request_contact_info")
    return interactive("request_contact_info", action, body=content.body)


ASKING: Mapping[str, Callable[[Any], Part]] = MappingProxyType(
    {
        "meta_whatsapp.flow": _flow,
        "meta_whatsapp.address": _address_request,
        "meta_whatsapp.call_permission_request": _call_permission,
        "meta_whatsapp.voice_call": _voice_call,
        "meta_whatsapp.contact_request": _contact_request,
    }
)
