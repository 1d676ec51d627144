"""The API's description as a page that needs nothing from anywhere else."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

_SCHEMA_URL = "__SCHEMA_URL__"


class SchemaPage(OpenAPIRenderPlugin):
    """Serve one file of HTML that reads the schema beside it."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Give the page; it fetches the schema itself."""
        del openapi_schema
        page = files("relevo_server").joinpath("static/schema.html").read_text("utf-8")
        return page.replace(_SCHEMA_URL, self.get_openapi_json_route(request)).encode()
