"""What this process did, counted as it was done. The truth of several is their sum.

Labels name accounts, providers, outcomes and codes: never a person, and nothing that a
stranger could choose.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

import relevo
from relevo.dispatch.dispatcher import RESOLVED
from relevo.engines.steps.pausing import BY_HAND
from relevo.engines.transitions.news import BY_ECHO, BY_NEWS
from relevo.reconcile import PROVEN, PROVEN_QUIET
from relevo.reconciler import LOOKED_UP

_FAST: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SLOW: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 300)

_PAUSES: Final = (relevo.AuthFailed.code, BY_HAND)
_ENDS: Final = (BY_ECHO, BY_NEWS, PROVEN, PROVEN_QUIET, LOOKED_UP, RESOLVED)
"""How doubts mostly end."""


class ServerMeter:
    """Count for one application, in a registry of its own: two in one process do not mix."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        whose = ("account", "provider")
        self._accepted = Counter(
            "relevo_messages_accepted_total", "Messages kept.", whose, registry=registry
        )
        self._handed_over = Counter(
            "relevo_messages_handed_over_total",
            "Messages that the provider took.",
            whose,
            registry=registry,
        )
        self._attempts = Counter(
            "relevo_attempts_total",
            "Attempts by what the message became of them and the error's code.",
            (*whose, "outcome", "code"),
            registry=registry,
        )
        self._attempt_s = Histogram(
            "relevo_attempt_seconds",
            "How long attempts took, from the claim to the answer.",
            (*whose, "outcome"),
            buckets=_SLOW,
            registry=registry,
        )
        self._statuses = Counter(
            "relevo_statuses_total",
            "News of providers about messages, by what they said.",
            ("account", "status"),
            registry=registry,
        )
        self._webhook_s = Histogram(
            "relevo_webhook_lag_seconds",
            "From the arrival of a webhook until it was applied.",
            ("account",),
            buckets=_SLOW,
            registry=registry,
        )
        self._set_aside = Counter(
            "relevo_webhook_items_set_aside_total",
            "Items of webhooks that could not be applied; a replay that fails counts none again.",
            ("account",),
            registry=registry,
        )
        self._settled = Counter(
            "relevo_doubts_settled_total",
            "Doubts that a rule, a lookup, the provider's echo or news, or a person ended.",
            ("account", "how"),
            registry=registry,
        )
        self._paused = Counter(
            "relevo_account_pauses_total", "Pauses.", ("account", "code"), registry=registry
        )
        self._engine_s = Histogram(
            "relevo_engine_call_seconds",
            "How long calls of the engine took.",
            ("call",),
            buckets=_FAST,
            registry=registry,
        )
        self._requests = Counter(
            "relevo_http_requests_total",
            "Requests by the template of their route.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._request_s = Histogram(
            "relevo_http_request_seconds",
            "How long requests took; a live stream counts when it ends.",
            ("method", "route"),
            buckets=_FAST,
            registry=registry,
        )
        self._readers = Gauge("relevo_sse_readers", "Open live streams.", registry=registry)

    def begin(self, accounts: Iterable[str]) -> None:
        """Begin at 0 what is rare, so that its first time is seen as an increase."""
        for account in accounts:
            self._set_aside.labels(account)
            for code in _PAUSES:
                self._paused.labels(account, code)
            for how in _ENDS:
                self._settled.labels(account, how)

    def accepted(self, account: str, provider: str) -> None:
        """Count a message that was kept."""
        self._accepted.labels(account, provider).inc()

    def attempted(
        self, account: str, provider: str, *, outcome: str, code: str, seconds: float
    ) -> None:
        """Count an attempt that is over."""
        self._attempts.labels(account, provider, outcome, code).inc()
        self._attempt_s.labels(account, provider, outcome).observe(seconds)
        if outcome == relevo.DeliveryStatus.ACCEPTED:
            self._handed_over.labels(account, provider).inc()

    def informed(self, account: str, status: str) -> None:
        """Count a provider's news."""
        self._statuses.labels(account, status).inc()

    def heard(self, account: str, seconds: float) -> None:
        """Count a webhook that was applied."""
        self._webhook_s.labels(account).observe(seconds)

    def set_aside(self, account: str, items: int) -> None:
        """Count items that were set aside."""
        self._set_aside.labels(account).inc(items)

    def settled(self, account: str, how: str) -> None:
        """Count a doubt that has ended."""
        self._settled.labels(account, how).inc()

    def paused(self, account: str, code: str) -> None:
        """Count a pause."""
        self._paused.labels(account, code).inc()

    def took(self, call: relevo.EngineCall, seconds: float) -> None:
        """Note how long the engine took."""
        self._engine_s.labels(call.value).observe(seconds)

    def asked(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_s.labels(method, route).observe(seconds)

    def following(self, change: int) -> None:
        """Count live streams."""
        self._readers.inc(change)
