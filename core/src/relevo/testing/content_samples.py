"""Contents of each kind, as applications send them and as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from relevo.capabilities import Capability
from relevo.contents import (
    AudioContent,
    Button,
    ButtonsContent,
    ChoiceContent,
    ChoiceSource,
    ContactAddress,
    ContactCard,
    ContactEmail,
    ContactNumber,
    ContactOrganization,
    ContactsContent,
    ContactUrl,
    Content,
    DocumentContent,
    EditContent,
    ImageContent,
    InboundContent,
    LinkContent,
    ListContent,
    ListRow,
    ListSection,
    LocationContent,
    LocationRequestContent,
    NativeContent,
    OtherContent,
    ReactionContent,
    RevokeContent,
    StickerContent,
    TemplateContent,
    TextContent,
    VideoContent,
)

WORDS = "conformance words 7f3a91"
QUOTED = "conformance-quoted-5c20"
_FILES = "https://files.example.com"

FOREIGN: Final = NativeContent(type="conformance_vendor.thing")
"""What no provider has."""

SAMPLES: Mapping[Capability, Content] = MappingProxyType(
    {
        Capability.TEXT: TextContent(body=WORDS),
        Capability.TEMPLATE: TemplateContent(
            name="hello_world", language="en_US", parameters=(WORDS,)
        ),
        Capability.IMAGE: ImageContent(link=f"{_FILES}/a.jpg", caption=WORDS),
        Capability.VIDEO: VideoContent(link=f"{_FILES}/a.mp4", caption=WORDS),
        Capability.AUDIO: AudioContent(link=f"{_FILES}/a.ogg", voice=True),
        Capability.DOCUMENT: DocumentContent(
            link=f"{_FILES}/a.pdf", caption=WORDS, filename="a.pdf"
        ),
        Capability.STICKER: StickerContent(link=f"{_FILES}/a.webp"),
        Capability.LOCATION: LocationContent(
            latitude=-34.6037, longitude=-58.3816, name=WORDS, address="Corrientes 1000"
        ),
        Capability.CONTACTS: ContactsContent(
            contacts=(
                ContactCard(
                    name=WORDS,
                    first_name="Ana",
                    phones=(ContactNumber(number="+15550100009", type="WORK"),),
                    organization=ContactOrganization(company="Acme"),
                ),
            )
        ),
        Capability.REACTION: ReactionContent(target=QUOTED, emoji="\N{THUMBS UP SIGN}"),
        Capability.BUTTONS: ButtonsContent(
            body=WORDS, buttons=(Button(id="yes", title="Yes"), Button(id="no", title="No"))
        ),
        Capability.LIST: ListContent(
            body=WORDS,
            button="Sizes",
            sections=(
                ListSection(title="Adult", rows=(ListRow(id="s", title="S", description="36"),)),
            ),
        ),
        Capability.LINK: LinkContent(body=WORDS, label="Open", url=f"{_FILES}/receipt"),
        Capability.LOCATION_REQUEST: LocationRequestContent(body=WORDS),
        Capability.NATIVE: FOREIGN,
    }
)

WRITTEN: tuple[InboundContent, ...] = (
    TextContent(body=WORDS),
    ImageContent(id="f-1", caption=WORDS, mime_type="image/jpeg", sha256="0f" * 32, size=48_213),
    VideoContent(id="f-2", mime_type="video/mp4"),
    AudioContent(id="f-3", voice=True),
    DocumentContent(id="f-4", filename="a.pdf"),
    StickerContent(id="f-5", animated=True),
    LocationContent(latitude=41.38, longitude=2.17),
    ContactsContent(
        contacts=(
            ContactCard(
                name=WORDS,
                phones=(ContactNumber(number="+15550100009", user="15550100009"),),
                emails=(ContactEmail(email="ana@example.com"),),
                addresses=(ContactAddress(city="Madrid", country_code="ES"),),
                urls=(ContactUrl(url="https://example.com"),),
                birthday="1990-02-01",
            ),
        )
    ),
    ReactionContent(target=QUOTED, emoji=""),
    ChoiceContent(id="keep", title="Keep", source=ChoiceSource.TEMPLATE),
    EditContent(target=QUOTED, content=TextContent(body=WORDS)),
    RevokeContent(target=QUOTED),
    NativeContent.model_validate({"type": "acme.order", "items": [{"id": "1", "many": 2}]}),
    OtherContent(kind="poll", payload={"id": "1", "nothing": None}),
)
"""What a person wrote, of each kind."""
