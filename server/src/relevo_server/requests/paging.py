"""The two query parameters that every list has, and the cursors of a list that is asked for."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Request
from litestar.params import QueryParameter

from relevo_server.context import ServerContext
from relevo_server.requests.cursors import ListCursors

_NO_FILTERS: Final = frozenset({"cursor", "limit", "max_age"})

Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200, description="Rows on a page.")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        name="cursor",
        description="`next` of the page before, with the same filters; left out: the newest.",
    ),
]


def cursors_of(server: ServerContext, request: Request[Any, Any, Any]) -> ListCursors:
    """Give what writes and reads the cursors of the list that a request asks for."""
    filters = [one for one in request.query_params.multi_items() if one[0] not in _NO_FILTERS]
    return ListCursors(server.engine.seal, request.scope["path"].rstrip("/"), filters)
