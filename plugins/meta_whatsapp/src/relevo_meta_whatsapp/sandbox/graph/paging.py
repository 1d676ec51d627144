"""Lists in pages, with Graph's cursors."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.desk import HttpRequest
from relevo_meta_whatsapp.sandbox.graph.answers import raise_bad_request

_LIMIT = 25
_MOST = 1000


def page_of(
    rows: Sequence[Mapping[str, JsonValue]], request: HttpRequest, base_url: str
) -> dict[str, JsonValue]:
    """Write the page that `limit`, `after` and `before` ask for.

    Raises:
        GraphRefusal: One of them is none.
    """
    query = request.query_params.dict()
    limit = _number(request.query_params.get("limit", str(_LIMIT)), "limit")
    size = max(1, min(limit, _MOST))
    start = _place(request.query_params.get("after"))
    if before := request.query_params.get("before"):
        start = max(0, _place(before) - 1 - size)
    shown = rows[start : start + size]
    page: dict[str, JsonValue] = {"data": [dict(row) for row in shown]}
    if not shown:
        return page
    end = start + len(shown)
    paging: dict[str, JsonValue] = {
        "cursors": {"before": _cursor(start + 1), "after": _cursor(end)}
    }
    if end < len(rows):
        kept = {key: value for key, value in query.items() if key not in {"after", "before"}}
        asked = urlencode({**kept, "limit": size, "after": _cursor(end)}, doseq=True)
        paging["next"] = f"{base_url}{request.url.path}?{asked}"
    page["paging"] = paging
    return page


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"at:{place}".encode()).decode()


def _place(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        told = base64.urlsafe_b64decode(cursor).decode()
    except ValueError:
        raise_bad_request("Invalid cursors values")
    return _number(told.removeprefix("at:"), "after")


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise_bad_request(f"Param {name} must be a number")
    return int(text)
