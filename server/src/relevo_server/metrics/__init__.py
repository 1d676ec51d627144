"""Numbers for Prometheus: counted here as work is done, and read off the engine when asked."""

from relevo_server.metrics.counters import ServerMeter
from relevo_server.metrics.writing import CONTENT_TYPE, write_metrics

__all__ = ["CONTENT_TYPE", "ServerMeter", "write_metrics"]
