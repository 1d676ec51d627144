"""List, create and delete the templates of a WhatsApp business account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import JsonValue

from relevo import NotSupported, Template, Unavailable
from relevo_meta_whatsapp.graph import Graph

_FIELDS = "id,name,language,status,category,components,quality_score"
_PAGE = 250
_MOST_PAGES = 50
"""12,500 templates; Meta lets an account have 6,000."""


async def list_templates(graph: Graph, waba_id: str | None) -> list[Template]:
    """Give the templates of an account, all pages.

    Raises:
        NotSupported: The account's settings do not name its business account.
        SendError: Meta did not tell.
    """
    path = _path(graph, waba_id)
    params = {"fields": _FIELDS, "limit": str(_PAGE)}
    found: list[Template] = []
    for _ in range(_MOST_PAGES):
        page = await graph.get(path, params, names_nobody=True)
        if not isinstance(page, dict) or not isinstance(rows := page.get("data"), list):
            raise _no_list(graph.account)
        now = datetime.now(UTC)
        found += [template for row in rows if (template := read_template(row, now))]
        after = _next(page)
        if after is None:
            break
        params["after"] = after
    return found


async def create_template(
    graph: Graph, waba_id: str | None, definition: Mapping[str, JsonValue]
) -> Template:
    """Ask Meta to approve a template.

    Raises:
        NotSupported: The account's settings do not name its business account.
        SendError: Meta did not take it.
    """
    path = _path(graph, waba_id)
    told = await graph.do("POST", path, dict(definition), names_nobody=True)
    answer = told if isinstance(told, dict) else {}
    row = {"status": "PENDING", **definition, **answer}
    template = read_template(row, datetime.now(UTC))
    if template is None:
        msg = (
            f"Account {graph.account!r}: Meta took a template whose definition has no name or "
            "language. List the templates to see what became of it."
        )
        raise Unavailable(msg)
    return template


async def delete_template(graph: Graph, waba_id: str | None, name: str) -> None:
    """Delete a template in all its languages.

    Raises:
        NotSupported: The account's settings do not name its business account.
        SendError: Meta did not do it.
    """
    path = _path(graph, waba_id)
    async with graph.repeatable():
        async with graph.http.stream("DELETE", path, params={"name": name}) as response:
            answer = await graph.read(response)
        graph.expect(answer, names_nobody=True)


def read_template(row: JsonValue, seen_at: datetime) -> Template | None:
    """Read a template; None for what has no name or language. Pure."""
    if not isinstance(row, dict):
        return None
    name, language = row.get("name"), row.get("language")
    if not (isinstance(name, str) and isinstance(language, str)):
        return None
    components = row.get("components")
    return Template(
        name=name,
        language=language,
        status=_word(row.get("status")) or "UNKNOWN",
        id=_word(row.get("id")),
        category=_word(row.get("category")),
        components=[
            one
            for one in (components if isinstance(components, list) else ())
            if isinstance(one, dict)
        ],
        raw=row,
        seen_at=seen_at,
    )


def _path(graph: Graph, waba_id: str | None) -> str:
    if waba_id is None:
        msg = (
            f"Account {graph.account!r}: its templates belong to a WhatsApp business account that "
            "its settings do not name. Set waba_id; relevo meta setup finds it."
        )
        raise NotSupported(msg)
    return f"{graph.node(waba_id)}/message_templates"


def _next(page: Mapping[str, JsonValue]) -> str | None:
    """Give the cursor of the next page, where there is one."""
    paging = page.get("paging")
    if not isinstance(paging, dict) or not paging.get("next"):
        return None
    cursors = paging.get("cursors")
    return _word(cursors.get("after")) if isinstance(cursors, dict) else None


def _no_list(account: str) -> Unavailable:
    msg = (
        f"Account {account!r}: the answer is no list of templates. Check base_url and whatever "
        "stands between here and Meta."
    )
    return Unavailable(msg)


def _word(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value else None
