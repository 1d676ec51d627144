"""Contents about places: a point on the map, and the question for one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relevo.contents.model import ContentModel, Maybe, SomeWords, Words


class LocationContent(ContentModel, frozen=True):
    """Carry a point on the map, in degrees."""

    type: Literal["location"] = "location"
    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)
    name: Maybe[Words] = None
    address: Maybe[Words] = None
    url: Maybe[str] = Field(default=None, max_length=2_048)


class LocationRequestContent(ContentModel, frozen=True):
    """Ask the person where they are."""

    type: Literal["location_request"] = "location_request"
    body: SomeWords
