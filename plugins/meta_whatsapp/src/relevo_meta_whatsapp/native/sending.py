"""What goes another way than usual: marketing templates by their own route, pins in groups."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from relevo import NativeContent
from relevo_meta_whatsapp.native.fields import Ident


class MarketingTemplate(NativeContent, frozen=True, extra="forbid"):
    """Send a marketing template by Meta's Marketing Messages API instead of the Cloud API.

    The fields are those of `TemplateContent`. Meta refuses templates of other categories there.
    """

    type: Literal["meta_whatsapp.marketing_template"] = "meta_whatsapp.marketing_template"
    name: str = Field(min_length=1, max_length=512)
    language: str = Field(min_length=2, max_length=32, description='For example "es_AR".')
    parameters: tuple[str, ...] | dict[str, str] = ()
    components: tuple[dict[str, JsonValue], ...] = ()
    message_activity_sharing: bool | None = Field(
        default=None, description="Whether Meta may share how people act on it; None: as set there."
    )


class Pin(NativeContent, frozen=True, extra="forbid"):
    """Pin a message in a group for some days."""

    type: Literal["meta_whatsapp.pin"] = "meta_whatsapp.pin"
    target: Ident = Field(description="A provider_message_id.")
    expiration_days: int = Field(default=7, ge=1, le=30)
