"""News about the account: fields with a value of their own, and whatever nobody has words for."""

from __future__ import annotations

from collections.abc import Sequence

from relevo import AccountUpdate, ProviderEvent
from relevo_meta_whatsapp.receiving.fields import name_of
from relevo_meta_whatsapp.receiving.people import parse_identity, parse_preference
from relevo_meta_whatsapp.receiving.reading import (
    JsonObject,
    find_moment,
    find_object,
    need_text,
)

ERRORS_KIND = "errors"
_MOMENTS = ("timestamp", "updated_timestamp", "category_update_timestamp")


def parse_value(raw: JsonObject, value: JsonObject) -> Sequence[ProviderEvent]:
    """Tell news under their field's name.

    Raises:
        WebhookMalformed: There is no field.
    """
    kind = name_of(need_text(raw, "field", "change"))
    moment = (
        find_moment(value, *_MOMENTS)
        or find_moment(find_object(value, "metadata"), "timestamp")
        or find_moment(raw, "time")
    )
    return [AccountUpdate(kind, dict(value), moment)]


def parse_error(raw: JsonObject, error: JsonObject) -> Sequence[ProviderEvent]:
    """Tell a problem that Meta attaches to no message."""
    return [AccountUpdate(ERRORS_KIND, dict(error), find_moment(raw, "time"))]


def parse_preference_item(raw: JsonObject, preference: JsonObject) -> Sequence[ProviderEvent]:
    """Tell what a person wants to be sent; as news of the field where nobody is named."""
    told = parse_preference(raw, preference)
    return parse_value(raw, preference) if told is None else [told]


def parse_identity_item(raw: JsonObject, identity: JsonObject) -> Sequence[ProviderEvent]:
    """Tell a person's new user id; as news of the field where nobody is named."""
    told = parse_identity(raw, identity)
    return parse_value(raw, identity) if told is None else [told]
