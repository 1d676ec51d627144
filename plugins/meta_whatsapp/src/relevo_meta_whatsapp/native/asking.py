"""What asks the person to fill in a form, to share something or to talk."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, JsonValue, PositiveInt, model_validator

from relevo import NativeContent
from relevo_meta_whatsapp.native.fields import Header, Ident, Words


class Flow(NativeContent, frozen=True, extra="forbid"):
    """Carry a button that opens a WhatsApp Flow; name it by `flow_id` or `flow_name`.

    The person's answer comes as `meta_whatsapp.flow_reply`.
    """

    type: Literal["meta_whatsapp.flow"] = "meta_whatsapp.flow"
    body: Words
    label: Words = Field(description="On the button.")
    flow_id: Ident | None = None
    flow_name: Ident | None = None
    header: Header | None = None
    footer: Words | None = None
    flow_token: Words | None = Field(default=None, description="Comes back with the answer.")
    flow_action: Literal["navigate", "data_exchange"] = "navigate"
    screen: Ident | None = Field(default=None, description="Where it begins, to navigate.")
    data: dict[str, JsonValue] = Field(default_factory=dict, description="For that screen.")
    draft: bool = Field(default=False, description="The flow is not published yet.")

    @model_validator(mode="after")
    def _check_flow(self) -> Self:
        msg = ""
        if (self.flow_id is None) == (self.flow_name is None):
            msg = "give exactly one of flow_id and flow_name"
        elif self.screen is None and self.data:
            msg = "data is for a screen: give screen too"
        if msg:
            raise ValueError(msg)
        return self


class AddressRequest(NativeContent, frozen=True, extra="forbid"):
    """Ask for a postal address; Meta offers it in India. The answer is a flow_reply."""

    type: Literal["meta_whatsapp.address"] = "meta_whatsapp.address"
    body: Words
    country: str = Field(pattern=r"^[A-Z]{2}$", description='Such as "IN".')


class ContactRequest(NativeContent, frozen=True, extra="forbid"):
    """Ask for the number of a person who hides it."""

    type: Literal["meta_whatsapp.contact_request"] = "meta_whatsapp.contact_request"
    body: Words


class CallPermissionRequest(NativeContent, frozen=True, extra="forbid"):
    """Ask whether the business may call; the answer is a call_permission_reply."""

    type: Literal["meta_whatsapp.call_permission_request"] = "meta_whatsapp.call_permission_request"
    body: Words


class VoiceCall(NativeContent, frozen=True, extra="forbid"):
    """Carry a button that calls the business."""

    type: Literal["meta_whatsapp.voice_call"] = "meta_whatsapp.voice_call"
    body: Words
    label: Words | None = Field(default=None, description="On the button.")
    ttl_minutes: PositiveInt | None = Field(default=None, description="So long it can be tapped.")
    payload: Words | None = Field(default=None, description="Comes back with the call.")
