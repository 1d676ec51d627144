"""Where a content names files of ours, and the same content with the provider's ids. Pure.

In a vendor's own content, and in the components of a template, a file is named as everywhere: by
`media` in an object whose `type` is a kind of file, or that stands under the name of one. So
`{"type": "image", "media": ID}` and `{"type": "image", "image": {"media": ID}}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeVar

from pydantic import JsonValue

from relevo.contents import (
    ButtonsContent,
    LinkContent,
    MediaContent,
    NativeContent,
    TemplateContent,
)
from relevo.contents.kinds import Content

MediaT = TypeVar("MediaT", bound=MediaContent)
KINDS: Final = frozenset({"audio", "document", "image", "sticker", "video"})
"""Kinds of contents that are files."""


class Mention(NamedTuple):
    """One file of ours that a content names: in which field, as what kind, and its id."""

    field: str
    kind: str
    media: str


def files_in(content: Content) -> list[Mention]:
    """List the files of ours that a content names."""
    mentions = [
        Mention(f"{place}.media", part.type, part.media)
        for place, part in _parts(content)
        if part.media is not None
    ]
    for key, told in _own_words(content).items():
        mentions += _named_in(told, f"content.{key}", None)
    return mentions


def with_ids(content: Content, ids: Mapping[str, str]) -> Content:
    """Name each file by the provider's id instead of ours."""
    if isinstance(content, MediaContent):
        return _renamed(content, ids)
    if isinstance(content, ButtonsContent | LinkContent) and isinstance(
        content.header, MediaContent
    ):
        return content.model_copy(update={"header": _renamed(content.header, ids)})
    told = _own_words(content)
    if not any(_named_in(value, "", None) for value in told.values()):
        return content
    named = {key: _with_ids(value, None, ids) for key, value in told.items()}
    return type(content).model_validate({**content.model_dump(mode="json"), **named})


def _parts(content: Content) -> Iterator[tuple[str, MediaContent]]:
    if isinstance(content, MediaContent):
        yield "content", content
    elif isinstance(content, ButtonsContent | LinkContent) and isinstance(
        content.header, MediaContent
    ):
        yield "content.header", content.header


def _renamed(part: MediaT, ids: Mapping[str, str]) -> MediaT:
    if part.media is None:
        return part
    return part.model_copy(update={"media": None, "id": ids[part.media]})


def _own_words(content: Content) -> Mapping[str, JsonValue]:
    """Give those fields of a content that are JSON in the vendor's form, or hold parts of ours."""
    if isinstance(content, TemplateContent):
        return {"components": [*content.components]}
    if isinstance(content, NativeContent):
        return content.model_dump(mode="json", exclude={"type"})
    return {}


def _named_in(value: JsonValue, place: str, name: str | None) -> Iterator[Mention]:
    """Find the files of ours in a value that stands under `name`."""
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _named_in(one, f"{place}[{index}]", None)
    if isinstance(value, dict):
        if kind := _kind_of(value, name):
            yield Mention(f"{place}.media", kind, str(value["media"]))
        for key, one in value.items():
            yield from _named_in(one, f"{place}.{key}", key)


def _with_ids(value: JsonValue, name: str | None, ids: Mapping[str, str]) -> JsonValue:
    if isinstance(value, list):
        return [_with_ids(one, None, ids) for one in value]
    if not isinstance(value, dict):
        return value
    copied = {key: _with_ids(one, key, ids) for key, one in value.items()}
    if _kind_of(value, name) is None:
        return copied
    return {
        **{key: one for key, one in copied.items() if key != "media"},
        "id": ids[str(value["media"])],
    }


def _kind_of(value: Mapping[str, JsonValue], name: str | None) -> str | None:
    """Tell as what kind an object names a file of ours; None where it names none."""
    if not isinstance(value.get("media"), str):
        return None
    kind = value.get("type")
    return kind if isinstance(kind, str) and kind in KINDS else name if name in KINDS else None
