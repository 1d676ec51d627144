"""What `OPTIONS` tells: all methods of a path, whichever of its handlers came first."""

from __future__ import annotations

from litestar import Litestar
from litestar.routes import HTTPRoute


def tell_all_methods(app: Litestar, paths: tuple[str, ...]) -> None:
    """Let `OPTIONS` of our paths name every method.

    Litestar makes the answer with the first handler of a path, and keeps it when more come.

    Args:
        app: Whose routes are all there.
        paths: What ours begin with.
    """
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or not route.path.startswith(paths):
            continue
        handler, _ = route.route_handler_map["OPTIONS"]
        if handler.fn.__qualname__.startswith(HTTPRoute.create_options_handler.__qualname__):
            handler._fn = route.create_options_handler(route.path).fn  # noqa: SLF001 - its only way
