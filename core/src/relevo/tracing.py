"""Traces: one look at everything that happens for one request, over processes and days.

With `opentelemetry` installed (`pip install 'relevo[tracing]'`) spans are made with it;
without it there are none, and a message keeps the trace that its request named all
the same. A span carries ids, names of accounts and codes: never people, never words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from opentelemetry import context, trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    INSTALLED = True
else:
    try:
        from opentelemetry import context, trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        INSTALLED = True
    except ImportError:
        INSTALLED = False

TRACEPARENT: Final = "traceparent"
_SHAPE: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_named: ContextVar[str | None] = ContextVar("relevo_traceparent", default=None)
"""What the request named, where no span of ours is in it."""


class SpanKind(Enum):
    """Which part of a conversation a span is."""

    SERVER = "SERVER"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"
    INTERNAL = "INTERNAL"


class Span:
    """What is told about a piece of work, while it goes on."""

    def __init__(self, span: Any = None) -> None:
        self._span = span

    def tell(self, **attributes: str | float | None) -> None:
        """Add attributes, under `relevo.`; ids, names and codes only."""
        if self._span is None:
            return
        for name, value in attributes.items():
            if value is not None:
                self._span.set_attribute(_attribute(name), value)

    def rename(self, name: str) -> None:
        """Give it the name that is known now."""
        if self._span is not None:
            self._span.update_name(name)

    def fail(self, code: str) -> None:
        """Mark it as failed, with a stable code: an error's words may be a person's."""
        if self._span is not None:
            self._span.set_status(trace.StatusCode.ERROR, code)


def valid_traceparent(text: str | None) -> str | None:
    """Give a `traceparent` back if it is one, as W3C writes them; None for anything else."""
    return text if text is not None and _SHAPE.fullmatch(text) else None


def current_traceparent() -> str | None:
    """Tell the trace and span that are current here; None outside of any."""
    if INSTALLED:
        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)
        if TRACEPARENT in carrier:
            return valid_traceparent(carrier[TRACEPARENT])
    return _named.get()


def recording() -> bool:
    """Tell whether anybody would see a span."""
    return INSTALLED and not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKind,
    parent: str | None = None,
    attributes: Mapping[str, str | float | None] | None = None,
) -> Iterator[Span]:
    """Run the block within a span; within `parent` where one is named, else within what is current.

    What the block raises passes through: only the class of it is told.
    """
    if not INSTALLED:
        token = _named.set(parent) if parent is not None else None
        try:
            yield Span()
        finally:
            if token is not None:
                _named.reset(token)
        return
    within = _context_of(parent) if parent is not None else context.get_current()
    with trace.get_tracer("relevo").start_as_current_span(
        name,
        context=within,
        kind=trace.SpanKind[kind.value],
        # Their words may be a person's.
        record_exception=False,
        set_status_on_exception=False,
    ) as made:
        one = Span(made)
        one.tell(**(attributes or {}))
        try:
            yield one
        except Exception as error:
            one.fail(str(getattr(error, "code", type(error).__name__)))
            raise


def _context_of(parent: str) -> Any:
    return TraceContextTextMapPropagator().extract({TRACEPARENT: parent}, context.Context())


def _attribute(name: str) -> str:
    return _ATTRIBUTES.get(name, f"relevo.{name}")


_ATTRIBUTES: Final[Mapping[str, str]] = {
    # OpenTelemetry's own names, where it has them.
    "http_method": "http.request.method",
    "http_route": "http.route",
    "http_status": "http.response.status_code",
}
