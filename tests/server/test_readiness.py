"""What works less than it should around the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import relevo
from relevo_server.answers import readiness
from relevo_server.answers.readiness import operating_warnings, sending_warnings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PULSE = relevo.EnginePulse("postgresql", "e", 0, 0, 0, 0, 0, told_at=NOW)


def _process(*, works: bool, receives: bool, silent_s: float = 0) -> relevo.ProcessRecord:
    return relevo.ProcessRecord("p", works, receives, NOW, NOW - timedelta(seconds=silent_s), 5)


WORKER: Mapping[str, Any] = {"works": True, "receives": False}
API: Mapping[str, Any] = {"works": False, "receives": True}


@pytest.mark.parametrize(
    ("processes", "missing"),
    [
        ([_process(**WORKER), _process(**API)], []),
        ([_process(works=True, receives=True)], []),
        ([_process(**API)], ["No process hands messages over"]),
        ([_process(**WORKER)], ["No process takes webhooks in"]),
        ([_process(**API), _process(**WORKER, silent_s=16)], ["No process hands messages over"]),
    ],
)
def test_role_that_nobody_has_is_told(
    processes: list[relevo.ProcessRecord], missing: list[str]
) -> None:
    """Of processes on any machine; one that fell silent counts as gone."""
    told = list(operating_warnings(PULSE, processes))
    assert [words.partition(":")[0] for words in told] == missing
    assert all("relevo serve --role" in words for words in told)


def test_roles_matter_only_where_processes_share() -> None:
    assert list(operating_warnings(replace(PULSE, engine="memory"), [])) == []


@pytest.mark.parametrize(
    ("skew_s", "said"), [(2.5, "2.5 s ahead of"), (-90, "90.0 s behind"), (1.9, "")]
)
def test_clocks_apart_are_told(skew_s: float, said: str) -> None:
    told = list(operating_warnings(replace(PULSE, engine="memory", skew_s=skew_s), []))
    assert [said in words for words in told] == [True] * bool(said)


def test_disk_that_is_nearly_full_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = replace(PULSE, engine="sqlite", extra={"path": str(tmp_path / "relevo.db")})
    assert list(operating_warnings(pulse, [])) == []
    monkeypatch.setattr(readiness, "LOW_DISK", 1 << 62)
    (told,) = operating_warnings(pulse, [])
    assert str(tmp_path) in told
    gone = replace(pulse, extra={"path": str(tmp_path / "none" / "relevo.db")})
    assert list(operating_warnings(gone, [])) == []


def _failing_for(seconds: float) -> relevo.LanePulse:
    return relevo.LanePulse(retry=2, failing_since=NOW - timedelta(seconds=seconds))


def test_account_whose_messages_fail_for_a_while_is_told() -> None:
    """To whoever sees it; a pause is told as a pause."""
    lanes = {"shop": _failing_for(90), "clinic": _failing_for(50), "late": relevo.LanePulse(due=1)}
    pulse = replace(PULSE, lanes=lanes)
    (told,) = sending_warnings(pulse, {}, (), lambda _: True)
    assert told.startswith("Account 'shop': messages wait though they were tried")
    assert "90 s" in told
    assert list(sending_warnings(pulse, {}, (), lambda name: name != "shop")) == []
    paused = {"shop": relevo.AccountState(paused_at=NOW)}
    assert list(sending_warnings(pulse, paused, (), lambda _: True)) == []


def test_messages_given_up_of_late_are_told() -> None:
    """Within the last hour; what was given up before is told by the numbers."""
    given_up = [NOW - timedelta(minutes=10), NOW - timedelta(minutes=50), NOW - timedelta(hours=2)]
    (told,) = sending_warnings(PULSE, {}, given_up, lambda _: True)
    assert "2 or more" in told
    assert list(sending_warnings(PULSE, {}, given_up[2:], lambda _: True)) == []


@pytest.mark.anyio
async def test_dead_letter_is_told_as_soon_as_it_is_one(
    make_app: Any, in_process: Any, settled: Any
) -> None:
    """Readiness looks at the newest of the store."""
    async with in_process(make_app()) as client:
        sent = await client.post(
            "/api/v1/messaging/messages", json={"to": "15550100001", "text": "reject"}
        )
        await settled(client, sent.json()["id"], "failed")
        warnings = (await client.get("/health/ready")).json()["warnings"]
    assert any(words.startswith("Messages were given up") for words in warnings)


@pytest.mark.anyio
async def test_worker_serves_its_health_and_its_numbers(
    acme: Any, make_settings: Any, in_process: Any, postgres_dsn: str
) -> None:
    """And the API beside it is told of as missing, until it is there."""
    from relevo_server import create_app  # noqa: PLC0415 - heavy

    settings = make_settings(engine=postgres_dsn)
    worker = create_app(settings, providers=[acme], role=relevo.Role.WORKER)
    async with in_process(worker) as client:
        alone = (await client.get("/health/ready")).json()["warnings"]
        assert (await client.get("/metrics")).status_code == 200
        assert (await client.get("/api/v1/messaging/messages")).status_code == 404
        api = create_app(settings, providers=[acme], role=relevo.Role.API)
        async with in_process(api) as beside:
            both = (await beside.get("/health/ready")).json()["warnings"]
    assert any("No process takes webhooks in" in words for words in alone)
    assert not any("No process" in words for words in both)
