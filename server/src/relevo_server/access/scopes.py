"""What each handler demands of a key: said at the handler, checked at start, shown in OpenAPI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from typing import Final

from litestar.config.app import AppConfig
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ControllerRouterHandler

import relevo

SCOPE: Final = "scope"
"""A handler's `opt` of this name is the scope it demands; None: it is open to all."""
TICKET: Final = "ticket"
"""A handler with this `opt` takes a ticket in its address as well, under the same name."""
WHOLE: Final = "whole"
"""A handler with this `opt` tells of all accounts at once: no key that is limited opens it."""
LINGERS: Final = "lingers"
"""A handler with this `opt` opens for a while to keys known of before, while the store is away."""
SCHEME: Final = "key"
_TICKET_SCHEME: Final = "ticket"

_SECURITY: Final = Components(
    security_schemes={
        SCHEME: SecurityScheme(
            type="http",
            scheme="bearer",
            bearer_format="rlv_<id>_<secret>",
            description="A key, as `POST /keys` or `relevo keys create` gave it; each operation "
            "names the scope it needs. A server without any key demands none and answers its own "
            "machine only. Answers to a key tell `RateLimit-Limit`, `RateLimit-Remaining` and "
            "`RateLimit-Reset`.",
        ),
        _TICKET_SCHEME: SecurityScheme(
            type="apiKey",
            name=TICKET,
            security_scheme_in="query",
            description="For an EventSource, which can show no key: `POST /events/tickets`.",
        ),
    }
)


def declared(handlers: Iterable[ControllerRouterHandler]) -> Iterator[ControllerRouterHandler]:
    """Give the handlers as their scopes make them: OpenAPI tells what each demands.

    Raises:
        ConfigurationError: One does not say who may use it, so nobody shall.
    """
    for handler in handlers:
        if not isinstance(handler, BaseRouteHandler) or SCOPE not in handler.opt:
            msg = (
                f"The handler {handler} does not say which scope it demands. Declare "
                'opt={"scope": Scope.READ}, another scope, or None if it is open to all.'
            )
            raise relevo.ConfigurationError(msg)
        yield _secured(handler)


def describe_keys(app_config: AppConfig) -> None:
    """Add to an application's OpenAPI how a key is shown."""
    described = app_config.openapi_config
    if described is None:
        return
    own = described.components
    components = [*own, _SECURITY] if isinstance(own, list) else [own, _SECURITY]
    # A copy: it may be another application's, too.
    app_config.openapi_config = copy(described)
    app_config.openapi_config.components = components


def _secured(handler: BaseRouteHandler) -> BaseRouteHandler:
    scope: relevo.Scope | None = handler.opt[SCOPE]
    if scope is None or not isinstance(handler, HTTPRouteHandler):
        return handler
    described = copy(handler)
    described.security = [{SCHEME: [scope.value]}]
    if handler.opt.get(TICKET):
        described.security.append({_TICKET_SCHEME: []})
    return described
