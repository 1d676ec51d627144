"""What a content says, in one line for people: lists, logs of events, terminals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from relevo.contents.model import ContentModel

Json = Mapping[str, Any]


def content_line(content: ContentModel | Json) -> str:
    """Say in one line what a content, or the JSON of one, is. Never empty, never fails."""
    told = content.model_dump(mode="json") if isinstance(content, ContentModel) else content
    say = _SAY.get(str(told.get("type")), _other)
    return " ".join(say(told).split()) or _other(told)


def _body(content: Json) -> str:
    return str(content.get("body") or "")


def _template(content: Json) -> str:
    return f"[template {name}]" if (name := content.get("name")) else "[template]"


def _file(content: Json) -> str:
    kind = "voice" if content.get("voice") else content.get("type")
    words = [content[key] for key in ("filename", "caption") if content.get(key)]
    return f"[{kind}] {': '.join(map(str, words))}"


def _location(content: Json) -> str:
    place = [str(content[key]) for key in ("name", "address") if content.get(key)]
    spot = [str(content.get("latitude")), str(content.get("longitude"))]
    return f"[location] {', '.join(place or spot)}"


def _contacts(content: Json) -> str:
    return f"[contacts] {', '.join(str(card.get('name')) for card in _dicts(content, 'contacts'))}"


def _reaction(content: Json) -> str:
    emoji = content.get("emoji")
    return f"[reaction] {emoji}" if emoji else "[reaction taken back]"


def _buttons(content: Json) -> str:
    titles = " | ".join(str(button.get("title")) for button in _dicts(content, "buttons"))
    return f"{_body(content)} [{titles}]"


def _list(content: Json) -> str:
    return f"{_body(content)} [{content.get('button')}]"


def _link(content: Json) -> str:
    return f"{_body(content)} [{content.get('label')}: {content.get('url')}]"


def _location_request(content: Json) -> str:
    return f"[location request] {_body(content)}"


def _choice(content: Json) -> str:
    return f"[choice] {content.get('title') or content.get('id')}"


def _edit(content: Json) -> str:
    inner = content.get("content")
    return f"[edited] {content_line(inner) if isinstance(inner, Mapping) else ''}"


def _revoke(content: Json) -> str:
    del content
    return "[taken back]"


def _other(content: Json) -> str:
    kind = content.get("kind") or content.get("type") or "content"
    body = content.get("body")
    return f"[{kind}] {body}" if isinstance(body, str) and body else f"[{kind}]"


def _dicts(content: Json, key: str) -> list[Json]:
    value = content.get(key)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


_SAY: Mapping[str, Callable[[Json], str]] = MappingProxyType(
    {
        "text": _body,
        "template": _template,
        **dict.fromkeys(("image", "video", "audio", "document", "sticker"), _file),
        "location": _location,
        "contacts": _contacts,
        "reaction": _reaction,
        "buttons": _buttons,
        "list": _list,
        "link": _link,
        "location_request": _location_request,
        "choice": _choice,
        "edit": _edit,
        "revoke": _revoke,
    }
)
