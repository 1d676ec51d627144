"""The templates that are approved in the sandbox."""

from __future__ import annotations

import re
from typing import NamedTuple

_PLACE = re.compile(r"\{\{([a-z0-9_]+)\}\}")


class SandboxTemplate(NamedTuple):
    """One approved template: its name, its language, its text with places to fill."""

    name: str
    language: str
    body: str

    @property
    def places(self) -> tuple[str, ...]:
        """The places of the body in order: "1", "2" or names."""
        return tuple(dict.fromkeys(_PLACE.findall(self.body)))

    @property
    def is_named(self) -> bool:
        """Whether the places have names instead of numbers."""
        return any(not place.isdigit() for place in self.places)


TEMPLATES = (
    SandboxTemplate("hello_world", "en_US", "Welcome. This is a test message."),
    SandboxTemplate("order_update", "es_AR", "Hola {{1}}, tu pedido {{2}} está en camino."),
    SandboxTemplate("order_update", "en_US", "Hi {{1}}, your order {{2}} is on its way."),
    SandboxTemplate("appointment_reminder", "es_AR", "Hola {{customer}}, te esperamos el {{day}}."),
)


def find_template(name: str, language: str) -> SandboxTemplate | None:
    """Find an approved template."""
    return next((one for one in TEMPLATES if (one.name, one.language) == (name, language)), None)
