"""The root of a server of its own: the Lab for people, and where things are for programs."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from pydantic import Field

import relevo
from relevo_server.access.principals import Caller, Principal
from relevo_server.access.sight import accounts_seen
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server, ServerContext
from relevo_server.requests.negotiation import prefers
from relevo_server.routes.lab import lab_page

_PAGE: Final = "text/html"
_JSON: Final = "application/json"
_VARY: Final = {"Vary": "Accept"}


class RootRow(Row):
    """What answers here, and where its parts are."""

    name: str
    version: str
    api: Annotated[str, Field(description="What every route of the API begins with.")]
    docs: Annotated[str, Field(description="The API's description as a page.")]
    openapi: str
    health: str


@get("/", opt={"scope": None}, include_in_schema=False)
async def show_root(
    request: Request[Any, Any, Any], server: Server, principal: Caller
) -> Response[Any]:
    """Lead a browser to the Lab, and tell everybody else where things are."""
    above = request.scope.get("root_path", "").rstrip("/")
    page = next(_lab_pages(server, principal), None)
    if page is not None and prefers(request.headers.get("accept"), _PAGE, over=_JSON):
        headers = {"Location": f"{above}{page}", "Cache-Control": "no-store", **_VARY}
        return Response(b"", status_code=303, headers=headers)
    row = RootRow(
        name="Relevo",
        version=version("relevo-server"),
        api=f"{above}{server.api_path}",
        docs=f"{above}/schema",
        openapi=f"{above}/schema/openapi.json",
        health=f"{above}/health/ready",
    )
    return json_response(row, headers=_VARY)


def _lab_pages(server: ServerContext, principal: Principal) -> Iterator[str]:
    """Give pages of the Lab, the likeliest first.

    None to whoever may not read: which provider is in use is not theirs to know.
    """
    if not principal.may(relevo.Scope.READ):
        return
    accounts = accounts_seen(server, principal)
    first = [server.settings.demo_account, *([server.stand_in.account] if server.stand_in else [])]
    for name in [*filter(None, first), *accounts]:
        page = lab_page(accounts[name].provider.name) if name in accounts else None
        if page is not None:
            yield page


HANDLERS = (show_root,)
