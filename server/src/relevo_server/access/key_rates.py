"""How often a key may ask: a bucket of tokens for each, in this process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

STATE_KEY: Final = "relevo_key_rate"
_MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a key after a request.

    Args:
        granted: Whether the request may go on.
        limit: Requests a minute, and at once after a pause.
        remaining: Requests that may come at once now.
        reset_s: Seconds until all of `limit` may come at once again.
        wait_s: Seconds until the next may come; 0 where one may come now.
    """

    granted: bool
    limit: int
    remaining: int
    reset_s: int
    wait_s: int

    @property
    def headers(self) -> Mapping[str, str]:
        """What every answer tells."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
        }


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class KeyRates:
    """Count requests by key. A bucket holds a minute's worth and fills steadily.

    Args:
        default: Requests a minute of a key that says nothing else; 0: any number.
        elapsed: Counts seconds.
    """

    def __init__(self, default: int, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._default = default
        self._elapsed = elapsed
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key_id: str, rate: int | None) -> Allowance | None:
        """Count one request of a key; None: it may ask as often as it likes."""
        limit = self._default if rate is None else rate
        if limit <= 0:
            return None
        now, per_s = self._elapsed(), limit / _MINUTE_S
        bucket = self._buckets.setdefault(key_id, _Bucket(limit, now))
        tokens = min(float(limit), bucket.tokens + (now - bucket.at) * per_s)
        granted = tokens >= 1
        bucket.tokens, bucket.at = tokens - granted, now
        return Allowance(
            granted=granted,
            limit=limit,
            remaining=math.floor(bucket.tokens),
            reset_s=math.ceil((limit - bucket.tokens) / per_s),
            wait_s=max(0, math.ceil((1 - bucket.tokens) / per_s)),
        )
