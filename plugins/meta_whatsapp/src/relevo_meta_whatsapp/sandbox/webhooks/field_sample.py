"""What a sample of a webhook's field is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class FieldSample(NamedTuple):
    """The value of another field, or an element of `messages` that no person wrote."""

    subject: str
    value: Mapping[str, Any]
    path: tuple[str, ...] = ()
    """The list whose first item a caller's words are merged into."""
    is_of_number: bool = False
    """Whether it names the number, and no time in the envelope."""
    chosen_by: str = "event"
    """The key of a caller's words that chooses between several samples."""
