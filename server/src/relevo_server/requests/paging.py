"""The two query parameters that every list has."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200, description="Rows on a page.")]
Cursor = Annotated[
    str | None,
    QueryParameter(name="cursor", description="`next` of the page before; left out: the newest."),
]
