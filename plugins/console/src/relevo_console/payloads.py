"""Message -> what is printed. Pure."""

from __future__ import annotations

import io
import json
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

import relevo

_CONTROLS = {
    code: "\N{REPLACEMENT CHARACTER}"
    for code in [*range(0x20), *range(0x7F, 0xA0)]
    if chr(code) not in "\n\t"
}
"""A message must not steer the terminal it is shown in."""


def build_payload(
    message: relevo.Message, provider_message_id: str, *, account: str
) -> dict[str, Any]:
    """Translate a message into the JSON object that is printed."""
    payload: dict[str, Any] = {
        "id": provider_message_id,
        "account": account,
        "to": message.to.uri(),
        "content": message.content.model_dump(mode="json"),
    }
    if message.reply_to is not None:
        payload["reply_to"] = message.reply_to
    return payload | message.extra


def write_line(payload: dict[str, Any]) -> str:
    """Write a payload for programs: one line of JSON, ASCII only."""
    return json.dumps(payload) + "\n"


def write_panel(payload: dict[str, Any]) -> str:
    """Write a payload for people: a panel with the text, or the content's JSON, inside."""
    match payload["content"]:
        case {"type": "text", "body": str(body)}:
            shown = body
        case content:
            shown = json.dumps(content, indent=2, ensure_ascii=False)
    paper = io.StringIO()
    Console(file=paper, force_terminal=True).print(
        Panel(
            Text(shown.translate(_CONTROLS)),
            title=_label(f"{payload['account']} to {payload['to']}"),
            title_align="left",
            subtitle=_label(str(payload["id"])),
            subtitle_align="right",
            border_style="green",
        )
    )
    return paper.getvalue()


def _label(text: str) -> Text:
    return Text(text.translate(_CONTROLS))
