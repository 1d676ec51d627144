"""What all contents to tap have in common: a header, a body, a footer, an action."""

from __future__ import annotations

from pydantic import JsonValue

from relevo import DocumentContent, ImageContent, TextHeader, VideoContent
from relevo_meta_whatsapp.payloads.media import file_of
from relevo_meta_whatsapp.payloads.part import Part, Payload

AnyHeader = TextHeader | ImageContent | VideoContent | DocumentContent | str | None


def interactive(
    kind: str,
    action: Payload,
    *,
    body: str | None,
    header: AnyHeader = None,
    footer: str | None = None,
) -> Part:
    """Write a content to tap; empty words are left out, as Meta refuses them."""
    written: Payload = {"type": kind}
    if head := write_header(header):
        written["header"] = head
    if body:
        written["body"] = {"text": body}
    if footer:
        written["footer"] = {"text": footer}
    return Part("interactive", {**written, "action": action})


def write_header(header: AnyHeader) -> JsonValue:
    """Write what stands above a body."""
    if not header:
        return None
    if isinstance(header, str):
        return {"type": "text", "text": header}
    if isinstance(header, TextHeader):
        return {"type": "text", "text": header.text}
    return {"type": header.type, header.type: file_of(header)}


def named_action(name: str, parameters: Payload | None = None) -> Payload:
    """Write an action that has a name."""
    return {"name": name, **({"parameters": parameters} if parameters else {})}
