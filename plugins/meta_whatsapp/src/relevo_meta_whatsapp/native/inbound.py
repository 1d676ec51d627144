"""What people send that only WhatsApp has words for; fields have Meta's names. Inbound only."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from relevo import NativeContent


class FlowReply(NativeContent, frozen=True, extra="forbid"):
    """Tell how a person filled in a flow or an address form.

    `response` is the object they filled in, or Meta's text where that holds none.
    """

    type: Literal["meta_whatsapp.flow_reply"] = "meta_whatsapp.flow_reply"
    name: str | None = Field(default=None, description='"flow" or "address_message".')
    body: str | None = None
    response: JsonValue = None


class OrderedItem(BaseModel, frozen=True, extra="forbid", hide_input_in_errors=True):
    """One product of an order; the price is of one piece."""

    product_retailer_id: str
    quantity: JsonValue = None
    item_price: JsonValue = None
    currency: str | None = None


class Order(NativeContent, frozen=True, extra="forbid"):
    """Tell what a person put in the cart."""

    type: Literal["meta_whatsapp.order"] = "meta_whatsapp.order"
    catalog_id: str | None = None
    text: str | None = None
    product_items: tuple[OrderedItem, ...] = Field(min_length=1)


class System(NativeContent, frozen=True, extra="forbid"):
    """Tell that a person's number, user id or identity changed.

    `kind` is Meta's word: `user_changed_number`, `customer_changed_number` (older),
    `user_changed_user_id`, `customer_identity_changed`, or one yet unknown. `wa_id` and
    `user_id` are what the person has now.
    """

    type: Literal["meta_whatsapp.system"] = "meta_whatsapp.system"
    kind: str
    body: str | None = None
    wa_id: str | None = None
    user_id: str | None = None
    identity: JsonValue = None


class CallPermissionReply(NativeContent, frozen=True, extra="forbid"):
    """Tell whether a person lets the business call them."""

    type: Literal["meta_whatsapp.call_permission_reply"] = "meta_whatsapp.call_permission_reply"
    response: str = Field(description='"accept" or "reject".')
    response_source: str | None = None
    expiration_timestamp: JsonValue = Field(default=None, description="In unix seconds.")
    is_permanent: JsonValue = None


class PaymentMethod(NativeContent, frozen=True, extra="forbid"):
    """Tell how a person pays an order."""

    type: Literal["meta_whatsapp.payment_method"] = "meta_whatsapp.payment_method"
    payment_method: JsonValue = None
    reference_id: str | None = None
    payment_timestamp: JsonValue = Field(default=None, description="In unix seconds.")


class Call(NativeContent, frozen=True, extra="forbid"):
    """Tell that a person calls; `session` is the offer to answer (SDP)."""

    type: Literal["meta_whatsapp.call"] = "meta_whatsapp.call"
    session: JsonValue = None
    cta_payload: str | None = None
    deeplink_payload: str | None = None


class RequestWelcome(NativeContent, frozen=True, extra="forbid"):
    """Tell that a person opened the chat for the first time and wrote nothing yet."""

    type: Literal["meta_whatsapp.request_welcome"] = "meta_whatsapp.request_welcome"


class Unsupported(NativeContent, frozen=True, extra="forbid"):
    """Tell that a person sent something that WhatsApp does not pass on, such as a poll.

    `kind` is Meta's word for it, an open set.
    """

    type: Literal["meta_whatsapp.unsupported"] = "meta_whatsapp.unsupported"
    kind: str | None = None


class MediaPlaceholder(NativeContent, frozen=True, extra="forbid"):
    """Stand for a file of an old message, which comes later in a webhook of its own."""

    type: Literal["meta_whatsapp.media_placeholder"] = "meta_whatsapp.media_placeholder"
