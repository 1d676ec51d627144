"""Where a content names files of ours, and the same content with the provider's ids. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar

from relevo.contents import ButtonsContent, LinkContent, MediaContent
from relevo.contents.kinds import Content

MediaT = TypeVar("MediaT", bound=MediaContent)


class Mention(NamedTuple):
    """One file of ours that a content names: in which field, as what kind, and its id."""

    field: str
    kind: str
    media: str


def files_in(content: Content) -> list[Mention]:
    """List the files of ours that a content names."""
    return [
        Mention(f"{place}.media", part.type, part.media)
        for place, part in _parts(content)
        if part.media is not None
    ]


def with_ids(content: Content, ids: Mapping[str, str]) -> Content:
    """Name each file by the provider's id instead of ours."""
    if isinstance(content, MediaContent):
        return _renamed(content, ids)
    if isinstance(content, ButtonsContent | LinkContent) and isinstance(
        content.header, MediaContent
    ):
        return content.model_copy(update={"header": _renamed(content.header, ids)})
    return content


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
