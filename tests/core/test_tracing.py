"""Traces in core: without OpenTelemetry a message keeps the trace its request named."""

from __future__ import annotations

import pytest

from relevo import tracing
from relevo.layers import DEFAULT_ORDER
from relevo.tracing import SpanKind, current_traceparent, span, valid_traceparent

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_tracing_is_the_outermost_bundled_layer() -> None:
    assert DEFAULT_ORDER == ("tracing", "logging", "persistence", "events", "timeout")


@pytest.mark.parametrize("installed", [True, False])
def test_named_trace_is_current_within_the_block(
    monkeypatch: pytest.MonkeyPatch, *, installed: bool
) -> None:
    """With the API alone, and without any of it."""
    monkeypatch.setattr(tracing, "INSTALLED", installed)
    assert current_traceparent() is None
    with span("work", kind=SpanKind.SERVER, parent=TRACE, attributes={"account": "shop"}) as one:
        one.tell(outcome="accepted")
        one.rename("other work")
        one.fail("rejected")
        assert current_traceparent() == TRACE
    assert current_traceparent() is None


def test_what_the_block_raises_passes_through() -> None:
    with pytest.raises(KeyError), span("work", kind=SpanKind.INTERNAL):
        raise KeyError


@pytest.mark.parametrize(
    "wrong",
    [None, "", TRACE[:-1], TRACE.upper(), "00-" + "0" * 32 + TRACE[35:], "01" + TRACE[2:] + "-x"],
)
def test_other_words_are_no_traceparent(wrong: str | None) -> None:
    assert valid_traceparent(wrong) is None
    assert valid_traceparent(TRACE) == TRACE
