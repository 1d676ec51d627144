"""Contents about people: cards of contacts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relevo.contents.model import ContentModel, Maybe, SomeWords, Words

_Kind = Field(default=None, max_length=64, description='Such as "WORK" or "HOME".')


class ContactNumber(ContentModel, frozen=True):
    """A telephone number; `user` is the provider's own id of who has it."""

    number: SomeWords
    type: Maybe[str] = _Kind
    user: Maybe[str] = Field(default=None, max_length=256)


class ContactEmail(ContentModel, frozen=True):
    """An e-mail address."""

    email: SomeWords
    type: Maybe[str] = _Kind


class ContactAddress(ContentModel, frozen=True):
    """A postal address."""

    street: Maybe[Words] = None
    city: Maybe[Words] = None
    state: Maybe[Words] = None
    zip: Maybe[Words] = None
    country: Maybe[Words] = None
    country_code: Maybe[str] = Field(default=None, max_length=16)
    type: Maybe[str] = _Kind


class ContactUrl(ContentModel, frozen=True):
    """An address on the web."""

    url: SomeWords
    type: Maybe[str] = _Kind


class ContactOrganization(ContentModel, frozen=True):
    """Where the person works, and as what."""

    company: Maybe[Words] = None
    department: Maybe[Words] = None
    title: Maybe[Words] = None


class ContactCard(ContentModel, frozen=True):
    """One person's card; `name` is the name as it is shown."""

    name: SomeWords
    first_name: Maybe[Words] = None
    middle_name: Maybe[Words] = None
    last_name: Maybe[Words] = None
    prefix: Maybe[Words] = None
    suffix: Maybe[Words] = None
    phones: tuple[ContactNumber, ...] = ()
    emails: tuple[ContactEmail, ...] = ()
    addresses: tuple[ContactAddress, ...] = ()
    urls: tuple[ContactUrl, ...] = ()
    organization: Maybe[ContactOrganization] = None
    birthday: Maybe[str] = Field(default=None, max_length=64, description="YYYY-MM-DD.")


class ContactsContent(ContentModel, frozen=True):
    """Carry cards of people."""

    type: Literal["contacts"] = "contacts"
    contacts: tuple[ContactCard, ...] = Field(min_length=1, max_length=1_000)
