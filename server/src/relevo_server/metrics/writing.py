"""Write all numbers in Prometheus' text format."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Final

import anyio
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.registry import Collector

import relevo
from relevo_server.metrics.counters import ServerMeter
from relevo_server.metrics.gauges import Look, families

logger = logging.getLogger("relevo.server")

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_CREATED: Final = "_created"
_PATIENCE_S: Final = 3.0


async def write_metrics(meter: ServerMeter, engine: relevo.Engine | None) -> bytes:
    """Write what was counted here, and what waits in the store if it can be asked in time."""
    look = None if engine is None else await _look(engine)
    registry = CollectorRegistry()
    registry.register(_Ready([*_counted(meter), *families(look)]))
    return generate_latest(registry)


def _counted(meter: ServerMeter) -> Iterator[Metric]:
    """Give what was counted, without when each series began: nobody asks, and it doubles them."""
    for metric in meter.registry.collect():
        metric.samples = [one for one in metric.samples if not one.name.endswith(_CREATED)]
        yield metric


async def _look(engine: relevo.Engine) -> Look | None:
    try:
        with anyio.fail_after(_PATIENCE_S):
            return Look(
                await engine.pulse(),
                await engine.account_states(),
                await engine.cursors(),
                await engine.processes(),
            )
    except (relevo.EngineError, TimeoutError) as error:
        logger.warning("The store's numbers are not known (%s).", type(error).__name__)
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
