"""`relevo templates`: what the vendor keeps, and a person's say in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from cyclopts import Parameter

import relevo
from relevo.cli.failures import note
from relevo.cli.server_address import Url
from relevo_server.commands.asking import open_client
from relevo_server.commands.tables import Row, write_rows

AsJson = Annotated[bool, Parameter(name="--json")]
_PAGE = 200


def list_templates(
    *,
    account: str,
    name: str | None = None,
    language: str | None = None,
    status: str | None = None,
    category: str | None = None,
    now: bool = False,
    as_json: AsJson = False,
    url: Url = None,
) -> int:
    """List an account's templates.

    Args:
        account: The account.
        name: Only those of this name.
        language: Only those in this language, such as es_AR.
        status: Only those in this state, in the vendor's word, such as APPROVED.
        category: Only those of this category, such as MARKETING.
        now: Ask the vendor now, however short ago it was asked.
        as_json: Write one JSON object per line, with all that a template is made of.
        url: Where the server answers.
    """
    with open_client(url) as client:
        listed = client.templates(
            account,
            name=name,
            language=language,
            status=status,
            category=category,
            max_age_s=0 if now else None,
            page_size=_PAGE,
        )
        rows = [row.as_json() for row in listed]
        asked = {"status": status, "category": category}
        wishes = {word: wish for word, wish in asked.items() if wish is not None}
        # A vendor's words are its own: which there are can only be told by those in use.
        every = [row.as_json() for row in client.templates(account)] if wishes and not rows else []
    write_rows(rows, _COLUMNS, as_json=as_json, styles=_STYLES, nothing="There is no template.")
    for word, wish in wishes.items():
        known = sorted({str(row[word]) for row in every if row.get(word)})
        if every and wish not in known:
            note(f"No template's {word} is {wish!r}. In use here: {', '.join(known) or 'none'}.")
    return 0


def create_template(file: Path, /, *, account: str, url: Url = None) -> int:
    """Ask the vendor to approve a template.

    Args:
        file: Its definition as the vendor documents it, in JSON; - reads it from standard input.
        account: The account.
        url: Where the server answers.
    """
    definition = _definition(file)
    with open_client(url) as client:
        row = client.create_template(account, definition).as_json()
    print(json.dumps(row))  # noqa: T201 - the answer
    return 0


def delete_template(name: str, /, *, account: str, url: Url = None) -> int:
    """Delete a template in all its languages.

    Args:
        name: The template's name.
        account: The account.
        url: Where the server answers.
    """
    with open_client(url) as client:
        client.delete_template(account, name)
    print(f"{name} is deleted.")  # noqa: T201 - the answer
    return 0


def _definition(file: Path) -> Any:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        return json.loads(text)
    except OSError as error:
        msg = f"{file} cannot be read: {error.strerror}."
        raise relevo.ConfigurationError(msg) from error
    except ValueError as error:
        msg = f"{file} holds no JSON: {error}."
        raise relevo.ConfigurationError(msg) from error


_COLUMNS: Mapping[str, Callable[[Row], str]] = MappingProxyType(
    {
        "template": lambda row: str(row["name"]),
        "language": lambda row: str(row["language"]),
        "status": lambda row: str(row["status"]),
        "category": lambda row: str(row.get("category") or ""),
        "id": lambda row: str(row.get("id") or ""),
    }
)
_COLOURS: Mapping[str, str] = MappingProxyType(
    {"APPROVED": "green", "PENDING": "yellow", "REJECTED": "bold red", "DISABLED": "bold red"}
)
_STYLES: Mapping[str, Callable[[Row], str]] = MappingProxyType(
    {
        "template": lambda _: "bold",
        "status": lambda row: _COLOURS.get(str(row["status"]), ""),
        "id": lambda _: "dim",
    }
)
