"""What waits in the store, as it is when somebody asks: the same at every process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from prometheus_client.core import GaugeMetricFamily

import relevo


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of a store at one moment."""

    pulse: relevo.EnginePulse
    states: Mapping[str, relevo.AccountState]
    cursors: Sequence[relevo.CursorRecord]
    processes: Sequence[relevo.ProcessRecord]

    @property
    def now(self) -> datetime:
        """The engine's now."""
        return self.pulse.told_at or datetime.now(UTC)


_PLAIN: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "relevo_doubts_open": ("unknown", "Messages whose outcome nobody knows."),
        "relevo_dead_letters": ("dead", "Messages given up before any handover."),
        "relevo_messages_doubled": ("doubled", "Messages handed over more than once."),
        "relevo_inbox_pending": ("pending_webhooks", "Webhooks that are not applied yet."),
        "relevo_inbox_set_aside": ("quarantined", "Items of webhooks that were set aside."),
        "relevo_event_log_head": ("head", "The newest position of the event log."),
        "relevo_event_log_floor": ("floor", "The newest position that is no longer kept."),
        "relevo_clock_skew_seconds": (
            "skew_s",
            "By how much the database's clock is ahead of this machine's.",
        ),
    }
)
_MESSAGES: Final = ("scheduled", "queued", "sending", "unknown")
_FILES: Final = MappingProxyType({"pending": "pending_media", "failed": "failed_media"})
_LANES: Final = ("due", "held", "blocked", "doubt", "retry")
Family = GaugeMetricFamily


def families(look: Look | None) -> Iterator[Family]:
    """Give every gauge; without a look only that the store cannot be asked."""
    yield Family("relevo_engine_up", "Whether the store can be asked.", value=float(bool(look)))
    if look is None:
        return
    pulse = look.pulse
    for name, (attribute, about) in _PLAIN.items():
        yield Family(name, about, value=getattr(pulse, attribute))
    yield _family(
        "relevo_messages",
        "Messages that are not handed over yet, by status.",
        "status",
        {status: getattr(pulse, status) for status in _MESSAGES},
    )
    yield _family(
        "relevo_files",
        "Files that people sent and that are not here.",
        "state",
        {state: getattr(pulse, name) for state, name in _FILES.items()},
    )
    yield from _of_lanes(look)
    since = pulse.webhook_since
    yield Family(
        "relevo_inbox_age_seconds",
        "For how long the webhook waits that waits longest.",
        value=_seconds(since, look.now),
    )
    yield _family(
        "relevo_account_paused",
        "Whether an account's messages wait until it is resumed.",
        "account",
        {name: float(state.paused_at is not None) for name, state in look.states.items()},
    )
    yield _family(
        "relevo_handler_behind_events",
        "Events that an event handler or sink has before it.",
        "handler",
        {cursor.name: cursor.behind for cursor in look.cursors},
    )
    yield _family(
        "relevo_processes",
        "Processes that are up, by what they do.",
        "does",
        alive(look.processes, look.now),
    )


def alive(processes: Sequence[relevo.ProcessRecord], now: datetime) -> dict[str, int]:
    """Count the processes that are up, by what they do."""
    up = [one for one in processes if one.alive(now)]
    return {
        "works": sum(one.works for one in up),
        "receives": sum(one.receives for one in up),
    }


def _of_lanes(look: Look) -> Iterator[Family]:
    lanes = Family(
        "relevo_lanes",
        "People to whom messages wait, by how they wait.",
        labels=("account", "state"),
    )
    for account, waiting in look.pulse.lanes.items():
        for state in _LANES:
            lanes.add_metric((account, state), getattr(waiting, state))
    yield lanes
    yield _family(
        "relevo_queue_age_seconds",
        "For how long what waits longest is due, or fails: since its first attempt.",
        "account",
        {
            account: _seconds(waiting.oldest_wait, look.now)
            for account, waiting in look.pulse.lanes.items()
        },
    )


def _family(name: str, about: str, label: str, values: Mapping[str, float]) -> Family:
    family = Family(name, about, labels=(label,))
    for value, number in values.items():
        family.add_metric((value,), number)
    return family


def _seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
