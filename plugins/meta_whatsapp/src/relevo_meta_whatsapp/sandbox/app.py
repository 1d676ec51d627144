"""The sandbox's HTTP application."""

from __future__ import annotations

from http import HTTPStatus

from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from relevo_meta_whatsapp.sandbox.answers import GraphRefusal
from relevo_meta_whatsapp.sandbox.control_routes import CONTROL_ROUTES
from relevo_meta_whatsapp.sandbox.desk import Desk, HttpAnswer, HttpRequest, control_answer, logger
from relevo_meta_whatsapp.sandbox.graph_route import refuse, send_message
from relevo_meta_whatsapp.sandbox.number_route import show_number

_UNROUTED = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})


def create_app(desk: Desk) -> Litestar:
    """Make the application of one sandbox."""
    return Litestar(
        [send_message, show_number, *CONTROL_ROUTES],
        state=State({"desk": desk}),
        exception_handlers={
            GraphRefusal: refuse,
            HTTPException: _refuse_route,
            Exception: _report_bug,
        },
        openapi_config=None,
        logging_config=None,
    )


def _refuse_route(request: HttpRequest, error: HTTPException) -> HttpAnswer:
    if error.status_code in _UNROUTED and not request.url.path.startswith("/sandbox"):
        return refuse(request, GraphRefusal(2500, "Unknown path components"))
    return control_answer(error.status_code, error=error.detail)


def _report_bug(request: HttpRequest, error: Exception) -> HttpAnswer:
    del request
    logger.error("Sandbox: a request broke it.", exc_info=error)
    return control_answer(500, error="The sandbox broke; its log says where.")
