"""Cards of contacts."""

from __future__ import annotations

from relevo import (
    ContactAddress,
    ContactCard,
    ContactEmail,
    ContactNumber,
    ContactOrganization,
    ContactsContent,
    ContactUrl,
)
from relevo_meta_whatsapp.receiving.contents.kinds import InboundContent
from relevo_meta_whatsapp.receiving.reading import (
    JsonObject,
    find_object,
    find_text,
    optional_objects,
    optional_text,
    raise_malformed,
)

_NAMES = ("first_name", "middle_name", "last_name", "prefix", "suffix")
_ADDRESS = ("street", "city", "state", "zip", "country", "country_code", "type")
_ORGANIZATION = ("company", "department", "title")


def read_contacts(message: JsonObject) -> InboundContent:
    """Read cards; what a card has besides, such as its vCard, stays in the vendor's object.

    Raises:
        WebhookMalformed: A card has not the documented form.
    """
    cards = optional_objects(message, "contacts", "message")
    return ContactsContent(contacts=tuple(map(_card, cards)))


def _card(card: JsonObject) -> ContactCard:
    name = find_object(card, "name")
    organization = find_object(card, "org")
    return ContactCard(
        name=_shown_name(card, name),
        **{key: optional_text(name, key, "name") for key in _NAMES},
        phones=tuple(map(_number, _numbered(card))),
        emails=tuple(
            ContactEmail(email=email, type=optional_text(one, "type", "emails"))
            for one in optional_objects(card, "emails", "contact")
            if (email := optional_text(one, "email", "emails"))
        ),
        addresses=tuple(
            ContactAddress(**{key: optional_text(one, key, "addresses") for key in _ADDRESS})
            for one in optional_objects(card, "addresses", "contact")
        ),
        urls=tuple(
            ContactUrl(url=url, type=optional_text(one, "type", "urls"))
            for one in optional_objects(card, "urls", "contact")
            if (url := optional_text(one, "url", "urls"))
        ),
        organization=ContactOrganization(
            **{key: optional_text(organization, key, "org") for key in _ORGANIZATION}
        )
        if organization
        else None,
        birthday=optional_text(card, "birthday", "contact"),
    )


def _shown_name(card: JsonObject, name: JsonObject) -> str:
    """Find what to show: a card may have no name, as one of a company or a bare number."""
    parts = [find_text(name, key) for key in ("first_name", "last_name")]
    numbers = [_digits(one) for one in _numbered(card)]
    shown = (
        find_text(name, "formatted_name"),
        " ".join(part for part in parts if part),
        find_text(find_object(card, "org"), "company"),
        *numbers,
    )
    found = next((one for one in shown if one), None)
    if found is None:
        raise_malformed("contact.name.formatted_name", "there")
    return found


def _numbered(card: JsonObject) -> list[JsonObject]:
    """Give the telephone numbers of a card; one that says nothing is left out."""
    return [one for one in optional_objects(card, "phones", "contact") if _digits(one)]


def _number(one: JsonObject) -> ContactNumber:
    return ContactNumber(
        number=_digits(one) or "",
        type=optional_text(one, "type", "phones"),
        user=optional_text(one, "wa_id", "phones") or optional_text(one, "user_id", "phones"),
    )


def _digits(one: JsonObject) -> str | None:
    """Read a number as it was typed; some cards carry only the id of who has it."""
    return optional_text(one, "phone", "phones") or optional_text(one, "wa_id", "phones")
