"""The `[retention]` table: days, or `false` for ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import relevo
from relevo.config import load_settings, parse_settings
from relevo.engines.records import Retention

DAY_S = 86_400


def test_defaults_keep_messages_for_ever() -> None:
    kept = parse_settings({}).retention.retention()
    assert kept == Retention(events_s=90 * DAY_S, webhooks_s=30 * DAY_S, contents_s=None)


@pytest.mark.parametrize(
    ("days", "seconds"),
    [(1, DAY_S), (0.5, DAY_S / 2), ("7", 7 * DAY_S), (False, None), (" FALSE ", None)],
)
def test_days_become_seconds_and_false_for_ever(days: Any, seconds: float | None) -> None:
    table = {"events_days": days, "webhooks_days": days, "messages_days": days}
    kept = parse_settings({"retention": table}).retention.retention()
    assert kept == Retention(seconds, seconds, seconds, seconds)


@pytest.mark.parametrize(
    ("media", "seconds"),
    [({}, 7 * DAY_S), ({"media_days": 2}, 2 * DAY_S), ({"media_days": False}, None)],
)
def test_files_stay_as_long_as_messages_unless_told(
    media: dict[str, Any], seconds: float | None
) -> None:
    kept = parse_settings({"retention": {"messages_days": 7, **media}}).retention.retention()
    assert (kept.contents_s, kept.media_s) == (7 * DAY_S, seconds)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "has to be more than 0."),
        (-1, "has to be more than 0."),
        (True, "has to be a number of days, or false to keep them for ever."),
        (None, "has to be a number of days, or false to keep them for ever."),
        ("soon", "has to be a number."),
        (float("inf"), "has to be a finite number."),
        (1e6, "has to be at most 36500."),
    ],
)
def test_wrong_days_are_refused(days: Any, words: str) -> None:
    with pytest.raises(relevo.ConfigurationError) as refusal:
        parse_settings({"retention": {"events_days": days}})
    assert str(refusal.value).startswith(f"settings: retention.events_days: {words}")


def test_misspelt_key_is_named() -> None:
    with pytest.raises(relevo.ConfigurationError, match="Did you mean 'events_days'"):
        parse_settings({"retention": {"event_days": 3}})


def test_variables_reach_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RELEVO_RETENTION__MESSAGES_DAYS", "365")
    monkeypatch.setenv("RELEVO_RETENTION__EVENTS_DAYS", "false")
    kept = load_settings().retention
    assert (kept.messages_days, kept.events_days) == (365, None)
