"""Templates, as an account's vendor keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType

from pydantic import JsonValue

from relevo.client.answers.accounts import TemplatePage, TemplateRow
from relevo.client.call import Call, ListCall, asked

PAGE = 200


def templates(
    account: str,
    /,
    *,
    name: str | None = None,
    language: str | None = None,
    status: str | None = None,
    category: str | None = None,
    max_age_s: int | None = None,
    limit: int | None = None,
    page_size: int = PAGE,
) -> ListCall[TemplateRow]:
    """List an account's templates by name and language; pages are fetched as they are needed.

    Args:
        account: The account.
        name: Of this name.
        language: In this language, such as `es_AR`.
        status: In this state, in the vendor's word.
        category: Of this category, in the vendor's word.
        max_age_s: The vendor is asked again if it was asked longer ago; 0: ask it now.
        limit: How many in all; left out, all there are.
        page_size: How many are asked for at once, 200 at most.

    Raises:
        UnknownAccount: There is no such account.
        NotSupported: Its provider has no templates.
    """
    wanted = asked(name=name, language=language, status=status, category=category)

    def page(size: int, cursor: str | None) -> Call[TemplatePage]:
        # The first page was asked as freshly as was wanted.
        age = asked(max_age=max_age_s) if cursor is None else {}
        params = {**wanted, **age, **asked(limit=size, cursor=cursor)}
        return Call(
            "GET /accounts/{account}/templates",
            TemplatePage,
            {"account": account},
            params=params,
            repeatable=True,
        )

    return ListCall(page, limit, page_size)


def create_template(account: str, definition: Mapping[str, JsonValue], /) -> Call[TemplateRow]:
    """Ask the vendor to approve a template; what it decides comes as an event.

    Args:
        account: The account.
        definition: As the vendor documents it, `name` and `language` at least.

    Raises:
        UnknownAccount: There is no such account.
        Rejected: The vendor refuses it.
        NotSupported: Its provider has no templates.
    """
    places = {"account": account}
    return Call("POST /accounts/{account}/templates", TemplateRow, places, body=dict(definition))


def delete_template(account: str, name: str, /) -> Call[None]:
    """Delete a template in all its languages.

    Raises:
        UnknownAccount: There is no such account.
        Rejected: The vendor refuses.
        NotSupported: Its provider has no templates.
    """
    places = {"account": account, "name": name}
    return Call("DELETE /accounts/{account}/templates/{name}", NoneType, places)
