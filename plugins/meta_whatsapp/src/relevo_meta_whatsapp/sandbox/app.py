"""The sandbox's HTTP application."""

from __future__ import annotations

import re
from http import HTTPStatus

from litestar import Litestar
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send

from relevo_meta_whatsapp.sandbox.addresses import is_asked_here
from relevo_meta_whatsapp.sandbox.control.routes import CONTROL_ROUTES
from relevo_meta_whatsapp.sandbox.desk import Desk, HttpAnswer, HttpRequest, control_answer, logger
from relevo_meta_whatsapp.sandbox.graph.answers import GraphRefusal
from relevo_meta_whatsapp.sandbox.graph.app_routes import APP_ROUTES
from relevo_meta_whatsapp.sandbox.graph.block_routes import BLOCK_ROUTES
from relevo_meta_whatsapp.sandbox.graph.calls import refuse
from relevo_meta_whatsapp.sandbox.graph.media_routes import begin_upload, give_bytes, upload_media
from relevo_meta_whatsapp.sandbox.graph.node_routes import NODE_ROUTES
from relevo_meta_whatsapp.sandbox.graph.number_routes import NUMBER_ROUTES
from relevo_meta_whatsapp.sandbox.graph.sends import send_marketing, send_message
from relevo_meta_whatsapp.sandbox.graph.template_routes import TEMPLATE_ROUTES
from relevo_meta_whatsapp.sandbox.graph.versions import version_that_answers

_UNROUTED = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
_WITHOUT_VERSION = re.compile(r"/([0-9]+|debug_token|upload:[^/]+)(/[a-z_]+)?/?")
"""Paths of the Graph whose version segment is left out."""


def create_app(desk: Desk) -> ASGIApp:
    """Make the application of one sandbox."""
    app = Litestar(
        [
            send_message,
            send_marketing,
            upload_media,
            give_bytes,
            begin_upload,
            *NUMBER_ROUTES,
            *BLOCK_ROUTES,
            *TEMPLATE_ROUTES,
            *APP_ROUTES,
            *NODE_ROUTES,
            *CONTROL_ROUTES,
        ],
        state=State({"desk": desk}),
        before_request=_refuse_elsewhere,
        exception_handlers={
            GraphRefusal: refuse,
            HTTPException: _refuse_route,
            Exception: _report_bug,
        },
        openapi_config=None,
        logging_config=None,
    )

    async def with_version(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and _WITHOUT_VERSION.fullmatch(scope["path"]):
            oldest = version_that_answers(None, desk.state.clock.now())
            path = f"/{oldest}{scope['path']}"
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await app(scope, receive, send)

    return with_version


async def _refuse_elsewhere(request: HttpRequest) -> HttpAnswer | None:
    """Refuse a web page that orders the sandbox about; None: it may go on."""
    headers = request.headers
    if is_asked_here(headers.get("host", ""), headers.get("origin")):
        return None
    error = "The sandbox answers this machine only, and no web page of another origin."
    return control_answer(403, error=error)


def _refuse_route(request: HttpRequest, error: HTTPException) -> HttpAnswer:
    if error.status_code in _UNROUTED and not request.url.path.startswith("/sandbox"):
        return refuse(request, GraphRefusal(2500, "Unknown path components"))
    return control_answer(error.status_code, error=error.detail)


def _report_bug(request: HttpRequest, error: Exception) -> HttpAnswer:
    del request
    logger.error("Sandbox: a request broke it.", exc_info=error)
    return control_answer(500, error="The sandbox broke; its log says where.")
