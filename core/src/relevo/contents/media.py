"""Contents that are a file: image, video, audio, document, sticker."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, model_validator

from relevo.contents.model import ContentModel, Maybe, WebAddress, Words

_FileId = Annotated[str, Field(min_length=1, max_length=1_024)]


class MediaContent(ContentModel, frozen=True):
    """Name a file by exactly one of `link`, `id` and `media`.

    What a person sent also tells `mime_type`, `sha256` and `size` where the
    provider does; when sending they are ignored.
    """

    type: str
    link: Maybe[WebAddress] = Field(default=None, description="Where the provider fetches it.")
    id: Maybe[_FileId] = Field(default=None, description="The provider's own id of the file.")
    media: Maybe[_FileId] = Field(default=None, description="Our id, as `POST /media` gave it.")
    mime_type: Maybe[str] = Field(default=None, max_length=256)
    sha256: Maybe[str] = Field(
        default=None, pattern=r"^[0-9a-f]{64}$", description="In lower-case hex."
    )
    size: Maybe[NonNegativeInt] = Field(default=None, description="In bytes.")

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if sum(source is not None for source in (self.link, self.id, self.media)) != 1:
            msg = "give exactly one of link, id and media"
            raise ValueError(msg)
        return self


class ImageContent(MediaContent, frozen=True):
    """Carry an image."""

    type: Literal["image"] = "image"
    caption: Maybe[Words] = None


class VideoContent(MediaContent, frozen=True):
    """Carry a video."""

    type: Literal["video"] = "video"
    caption: Maybe[Words] = None


class AudioContent(MediaContent, frozen=True):
    """Carry audio; `voice` makes it a voice message."""

    type: Literal["audio"] = "audio"
    voice: bool = False


class DocumentContent(MediaContent, frozen=True):
    """Carry a file to open or keep, under a name."""

    type: Literal["document"] = "document"
    caption: Maybe[Words] = None
    filename: Maybe[str] = Field(default=None, max_length=1_024)


class StickerContent(MediaContent, frozen=True):
    """Carry a sticker."""

    type: Literal["sticker"] = "sticker"
    animated: bool = Field(default=False, description="Told of what people send.")
