"""Templates: what each one expects of a send, and the list of an account."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.state.seed_templates import SEEDS

_PLACE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
_FIRST_ID = 7_700_001
REUSE_S = 30 * 24 * 3600.0
"""How long the name of a deleted template that was approved stays taken."""

JsonObject = Mapping[str, JsonValue]


class Expected(NamedTuple):
    """What one place of a template has to be given."""

    kind: str
    """`text`, the kind of a header's media, or the type of a button's parameter."""
    places: tuple[str, ...] = ("1",)
    is_needed: bool = True


@dataclass
class Template:
    """One template in one language, its components as Meta writes them."""

    template_id: str
    name: str
    language: str
    category: str
    components: list[JsonValue]
    parameter_format: str = "POSITIONAL"
    status: str = "APPROVED"
    quality: str = "UNKNOWN"
    reason: str = "NONE"
    is_held: bool = False
    """Whether sends wait for an assessment of its quality."""
    ttl_s: int | None = None
    pauses: int = 0
    edits: list[float] = field(default_factory=list)

    @property
    def is_named(self) -> bool:
        """Whether the places have names instead of numbers."""
        return self.parameter_format == "NAMED"

    def component(self, kind: str) -> JsonObject:
        """Give one component; an empty one where the template has none of this kind."""
        return find_component(self.components, kind)

    def view(self) -> dict[str, JsonValue]:
        """Write the template as lists show it."""
        shown: dict[str, JsonValue] = {
            "name": self.name,
            "parameter_format": self.parameter_format,
            "components": self.components,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "quality_score": {"score": self.quality},
            "id": self.template_id,
        }
        if self.status == "REJECTED":
            shown["rejected_reason"] = self.reason
        if self.ttl_s is not None:
            shown["message_send_ttl_seconds"] = self.ttl_s
        return shown


def places_of(text: JsonValue) -> tuple[str, ...]:
    """Give the places of a text in order: "1", "2" or names."""
    return tuple(dict.fromkeys(_PLACE.findall(text))) if isinstance(text, str) else ()


def find_component(components: Sequence[JsonValue], kind: str) -> JsonObject:
    """Give the component of this kind; an empty one where there is none."""
    for component in components:
        if isinstance(component, dict) and str(component.get("type", "")).upper() == kind:
            return component
    return {}


def expected_header(header: JsonObject) -> Expected | None:
    """Tell what the header has to be given."""
    form = str(header.get("format", "TEXT")).upper() if header else ""
    if form == "TEXT":
        places = places_of(header.get("text"))
        return Expected("text", places) if places else None
    return Expected(form.lower()) if form else None


def expected_buttons(components: Sequence[JsonValue]) -> dict[int, Expected]:
    """Tell what each button has to be given, or may be."""
    buttons = find_component(components, "BUTTONS").get("buttons")
    found: dict[int, Expected] = {}
    for index, button in enumerate(buttons if isinstance(buttons, list) else ()):
        if not isinstance(button, dict):
            continue
        kind = str(button.get("type", "")).upper()
        if kind == "URL":
            if places := places_of(button.get("url")):
                found[index] = Expected("url", places)
        elif kind in _BUTTONS:
            found[index] = _BUTTONS[kind]
    return found


_BUTTONS: Mapping[str, Expected] = {
    "QUICK_REPLY": Expected("quick_reply", is_needed=False),
    "COPY_CODE": Expected("copy_code"),
    "OTP": Expected("url"),
    "FLOW": Expected("flow", is_needed=False),
    "CATALOG": Expected("catalog", is_needed=False),
    "MPM": Expected("mpm"),
    "VOICE_CALL": Expected("voice_call", is_needed=False),
    "ORDER_DETAILS": Expected("order_details"),
}


class TemplateStore:
    """The templates of one WhatsApp Business account."""

    def __init__(self) -> None:
        self._ids = itertools.count(_FIRST_ID)
        self._templates: dict[str, Template] = {}
        self.taken_names: dict[str, float] = {}
        """Until when the names of deleted templates stay taken."""
        for seed in SEEDS:
            self.add(**seed)

    def __iter__(self) -> Iterator[Template]:
        """Go over all templates, the oldest first."""
        return iter(list(self._templates.values()))

    def __len__(self) -> int:
        """Count them."""
        return len(self._templates)

    def add(
        self,
        *,
        name: str,
        language: str,
        category: str,
        components: list[JsonValue],
        parameter_format: str = "POSITIONAL",
        status: str = "APPROVED",
        ttl_s: int | None = None,
    ) -> Template:
        """Add a template under a new id."""
        template = Template(
            str(next(self._ids)),
            name,
            language,
            category,
            components,
            parameter_format,
            status,
            ttl_s=ttl_s,
        )
        self._templates[template.template_id] = template
        return template

    def by_id(self, template_id: str) -> Template | None:
        """Find a template by its id."""
        return self._templates.get(template_id)

    def named(self, name: str) -> list[Template]:
        """Find a template in all its languages."""
        return [one for one in self if one.name == name]

    def find(self, name: str, language: str) -> Template | None:
        """Find a template in one language."""
        return next((one for one in self.named(name) if one.language == language), None)

    def remove(self, template: Template, now: float) -> None:
        """Delete a template; its name stays taken if it had been approved."""
        del self._templates[template.template_id]
        if template.status in {"APPROVED", "PAUSED", "DISABLED"}:
            self.taken_names[template.name] = now + REUSE_S
