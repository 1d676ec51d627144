"""Write all numbers in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import anyio
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector

import relevo
from relevo.store_watch import StoreWatch
from relevo_server.metrics.counters import ServerMeter
from relevo_server.metrics.gauges import Look, families

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_CREATED: Final = "_created"
_PATIENCE_S: Final = 3.0


async def write_metrics(
    meter: ServerMeter, engine: relevo.Engine | None, store_watch: StoreWatch
) -> bytes:
    """Write what was counted here, and what waits in the store if it can be asked in time."""
    look = None if engine is None else await _look(engine, store_watch)
    registry = CollectorRegistry()
    registry.register(_Ready([*_counted(meter), *families(look)]))
    return generate_latest(registry)


def _counted(meter: ServerMeter) -> Iterator[Metric]:
    """Give what was counted, without when each series began: nobody asks, and it doubles them."""
    for metric in meter.registry.collect():
        metric.samples = [one for one in metric.samples if not one.name.endswith(_CREATED)]
        yield metric


async def _look(engine: relevo.Engine, store_watch: StoreWatch) -> Look | None:
    try:
        with anyio.fail_after(_PATIENCE_S):
            return Look(
                await engine.pulse(),
                await engine.account_states(),
                await engine.cursors(),
                await engine.processes(),
            )
    except relevo.EngineError as error:
        fault = error
    except TimeoutError:
        fault = relevo.EngineUnavailable(f"The store did not answer within {_PATIENCE_S:g} s.")
    store_watch.failed("the reader of the numbers", fault)
    return None


class _Ready(Collector):
    """Numbers that were read already."""

    def __init__(self, ready: Iterable[Metric]) -> None:
        self._ready = tuple(ready)

    def collect(self) -> Iterator[Metric]:
        """Give them."""
        yield from self._ready

    def describe(self) -> Iterator[Metric]:
        """Give them too: asking costs nothing."""
        yield from self._ready
