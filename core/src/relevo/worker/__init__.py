"""Claim lanes, run the pipeline, complete. Drains on request."""

from relevo.worker.limits import WorkerLimits
from relevo.worker.worker import Worker

__all__ = ["Worker", "WorkerLimits"]
