"""Templates: what fills the body, then Meta's own components as they are."""

from __future__ import annotations

from pydantic import JsonValue

from relevo import TemplateContent
from relevo_meta_whatsapp.native import MarketingTemplate
from relevo_meta_whatsapp.payloads.media import check_uploaded
from relevo_meta_whatsapp.payloads.part import Part, Payload


def build_template(content: TemplateContent | MarketingTemplate) -> Part:
    """Write a template.

    Raises:
        Rejected: Its components name a file of ours that was not uploaded.
    """
    check_uploaded([*content.components])
    template: Payload = {"name": content.name, "language": {"code": content.language}}
    components: list[JsonValue] = []
    if content.parameters:
        components.append({"type": "body", "parameters": _parameters(content.parameters)})
    components.extend(content.components)
    if components:
        template["components"] = components
    return Part("template", template)


def _parameters(parameters: tuple[str, ...] | dict[str, str]) -> list[JsonValue]:
    if isinstance(parameters, dict):
        return [
            {"type": "text", "parameter_name": name, "text": text}
            for name, text in parameters.items()
        ]
    return [{"type": "text", "text": text} for text in parameters]
