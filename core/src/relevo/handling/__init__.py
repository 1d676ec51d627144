"""Hand events to handlers and sinks: each from its own durable cursor, on one machine at a time."""

from relevo.handling.context import HandlerContext
from relevo.handling.group import Handling
from relevo.handling.terms import HandlingTerms

__all__ = ["HandlerContext", "Handling", "HandlingTerms"]
