"""Buttons, lists, links and the question where somebody is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue

from relevo import Button, ButtonsContent, LinkContent, ListContent, LocationRequestContent
from relevo_meta_whatsapp.payloads.interactive import interactive, named_action
from relevo_meta_whatsapp.payloads.part import Part, Payload


def _buttons(content: ButtonsContent) -> Part:
    action: Payload = {"buttons": write_buttons("reply", content.buttons)}
    return interactive(
        "button", action, body=content.body, header=content.header, footer=content.footer
    )


def write_buttons(kind: str, buttons: Iterable[Button]) -> list[JsonValue]:
    """Write buttons to answer with; Meta's word for them differs between contents."""
    return [{"type": kind, kind: {"id": one.id, "title": one.title}} for one in buttons]


def _list(content: ListContent) -> Part:
    sections: list[JsonValue] = []
    for section in content.sections:
        rows: list[JsonValue] = [
            {
                "id": row.id,
                "title": row.title,
                **({"description": row.description} if row.description else {}),
            }
            for row in section.rows
        ]
        sections.append({**({"title": section.title} if section.title else {}), "rows": rows})
    action: Payload = {"button": content.button, "sections": sections}
    return interactive(
        "list", action, body=content.body, header=content.header, footer=content.footer
    )


def _link(content: LinkContent) -> Part:
    return interactive(
        "cta_url",
        write_link(content.label, content.url),
        body=content.body,
        header=content.header,
        footer=content.footer,
    )


def write_link(label: str, url: str) -> Payload:
    """Write a button that opens a page."""
    return named_action("cta_url", {"display_text": label, "url": url})


def _location_request(content: LocationRequestContent) -> Part:
    return interactive("location_request_message", named_action("send_location"), body=content.body)


CHOICES: Mapping[str, Callable[[Any], Part]] = MappingProxyType(
    {
        "buttons": _buttons,
        "list": _list,
        "link": _link,
        "location_request": _location_request,
    }
)
