"""The numbers of handing events over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from relevo.engines.port import Cursors, EventLog


class HandledLog(EventLog, Cursors, Protocol):
    """What handing over needs of an engine."""


@dataclass(frozen=True, slots=True)
class HandlingTerms:
    """How long leases last and how failures are tried again, in seconds.

    Args:
        lease_s: After a crash another machine takes over when this has passed.
        compete_s: How often a machine asks for a cursor that another has.
        poll_s: How late events come at most where no wake reaches this process.
        retry_base_s: The first failure is tried again within this time.
        retry_cap_s: And any other within this.
    """

    lease_s: float = 20
    compete_s: float = 2
    poll_s: float = 1
    retry_base_s: float = 1
    retry_cap_s: float = 60

    def backoff_s(self, failures: int) -> float:
        """Give the longest wait after so many failures in a row."""
        return min(self.retry_cap_s, self.retry_base_s * 2.0 ** min(failures - 1, 30))
