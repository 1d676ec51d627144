"""Answers to `HEAD`: those of `GET`, without a body."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from relevo_server.access.scopes import SCOPE


def answer_heads(app: Litestar, *, standalone: bool) -> None:
    """Let every route that answers `GET` answer `HEAD` too, by the same handler and guards.

    The observer around each request leaves the body out. The API's description has each
    operation once, as `GET`.

    Args:
        app: Whose routes are all there.
        standalone: Whether all of them are ours; else only those that say their scope.
    """
    for route in app.routes:
        if isinstance(route, HTTPRoute) and "GET" in route.route_handler_map:
            handler, parameters = route.route_handler_map["GET"]
            if standalone or SCOPE in handler.opt:
                route.route_handler_map.setdefault("HEAD", (_undescribed(handler), parameters))
                route.methods.add("HEAD")
    for node in _nodes(app.asgi_router.root_route_map_node):
        found = node.asgi_handlers.get("GET")
        if found is not None and (standalone or SCOPE in found.handler.opt):
            node.asgi_handlers.setdefault("HEAD", found)
            node.path_parameters.setdefault("HEAD", node.path_parameters["GET"])


def _undescribed(handler: HTTPRouteHandler) -> HTTPRouteHandler:
    twin = copy(handler)
    twin.include_in_schema = False
    # Litestar remembers what it found for the handler that this was copied from.
    twin._resolved_include_in_schema = False  # noqa: SLF001 - its only way
    return twin


def _nodes(node: Any) -> Iterator[Any]:
    """Give a node of Litestar's tree of paths, and all below it."""
    yield node
    for child in node.children.values():
        yield from _nodes(child)
