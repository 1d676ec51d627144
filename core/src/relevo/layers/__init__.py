"""The bundled layers, one per file, and how configuration names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from relevo.errors import ConfigurationError
from relevo.layers.events import describe_event
from relevo.layers.logging import log_attempt
from relevo.layers.persistence import describe_attempt
from relevo.layers.timeout import limit_time
from relevo.layers.tracing import trace_attempt
from relevo.middleware import Layer, Middleware

BUNDLED: Mapping[str, Middleware] = MappingProxyType(
    {
        "tracing": trace_attempt,
        "logging": log_attempt,
        "persistence": describe_attempt,
        "events": describe_event,
        "timeout": limit_time,
    }
)
DEFAULT_ORDER = tuple(BUNDLED)
"""Outermost first."""


def choose_layers(names: Sequence[str], offered: Sequence[Layer] = ()) -> list[Layer]:
    """Give the named layers in order, from the bundled ones and those plugins offer.

    Raises:
        ConfigurationError: A name nobody offers, one that two offer, or one listed twice.
    """
    known = dict(BUNDLED)
    for layer in offered:
        if layer.name in known:
            msg = f"Two layers are named {layer.name!r}; rename the plugin's or disable it."
            raise ConfigurationError(msg)
        known[layer.name] = layer.middleware
    for name in names:
        if name not in known:
            msg = f"pipeline.layers names {name!r}, which nobody offers. Known: {', '.join(known)}."
            raise ConfigurationError(msg)
        if list(names).count(name) > 1:
            msg = f"pipeline.layers names {name!r} twice; each layer runs once."
            raise ConfigurationError(msg)
    return [Layer(name, known[name]) for name in names]
