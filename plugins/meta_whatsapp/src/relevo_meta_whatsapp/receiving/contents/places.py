"""Points on the map."""

from __future__ import annotations

from contextlib import suppress

from relevo import LocationContent
from relevo_meta_whatsapp.receiving.contents.kinds import InboundContent
from relevo_meta_whatsapp.receiving.reading import (
    JsonObject,
    need_object,
    optional_text,
    raise_malformed,
)


def read_location(message: JsonObject) -> InboundContent:
    """Read a location; coordinates are numbers or numeric texts.

    Raises:
        WebhookMalformed: It has not the documented form.
    """
    location = need_object(message, "location", "message")
    return LocationContent(
        latitude=_degrees(location, "latitude"),
        longitude=_degrees(location, "longitude"),
        name=optional_text(location, "name", "location"),
        address=optional_text(location, "address", "location"),
        url=optional_text(location, "url", "location"),
    )


def _degrees(location: JsonObject, key: str) -> float:
    told = location.get(key)
    degrees = None
    if isinstance(told, int | float | str) and not isinstance(told, bool):
        with suppress(ValueError, OverflowError):
            degrees = float(told)
    if degrees is None:
        raise_malformed(f"location.{key}", "a number")
    return degrees
