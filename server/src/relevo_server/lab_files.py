"""The files the Lab is made of, as they were shipped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Final

INDEX: Final = "index.html"
_MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "html": "text/html",
        "css": "text/css",
        "js": "text/javascript",
        "json": "application/json",
        "svg": "image/svg+xml",
    }
)


@dataclass(frozen=True, slots=True)
class LabFile:
    """One file: its bytes, what they are, and a tag that changes with them."""

    body: bytes
    media_type: str
    etag: str


@cache
def lab_files() -> Mapping[str, LabFile]:
    """Read every file of the Lab, by its path below the folder."""
    return MappingProxyType(dict(_read(files("relevo_server").joinpath("lab"), "")))


def _read(folder: Traversable, above: str) -> Iterator[tuple[str, LabFile]]:
    for entry in folder.iterdir():
        path = f"{above}{entry.name}"
        ending = entry.name.rpartition(".")[2]
        if entry.is_dir():
            yield from _read(entry, f"{path}/")
        elif ending in _MEDIA_TYPES:
            body = entry.read_bytes()
            etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            yield path, LabFile(body, _MEDIA_TYPES[ending], etag)
