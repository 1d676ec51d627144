"""Three answers about a window, and never a guess."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relevo.windows import Window, WindowState, window_at

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY_S = 86_400.0
DAY = timedelta(seconds=DAY_S)
SECOND = timedelta(seconds=1)
_S = WindowState


@pytest.mark.parametrize(
    ("wrote_at", "refused_at", "answer"),
    [
        (None, None, Window(_S.UNKNOWN)),
        (NOW, None, Window(_S.OPEN, until=NOW + DAY)),
        (NOW - DAY + SECOND, None, Window(_S.OPEN, until=NOW + SECOND)),
        (NOW - DAY, None, Window(_S.CLOSED, since=NOW)),
        (NOW - 2 * DAY, None, Window(_S.CLOSED, since=NOW - DAY)),
        (None, NOW - SECOND, Window(_S.CLOSED, since=NOW - SECOND)),
        # The provider said that it was closed: until the person writes again.
        (NOW - 2 * SECOND, NOW - SECOND, Window(_S.CLOSED, since=NOW - SECOND)),
        (NOW - SECOND, NOW - 2 * SECOND, Window(_S.OPEN, until=NOW - SECOND + DAY)),
        (NOW - SECOND, NOW - SECOND, Window(_S.OPEN, until=NOW - SECOND + DAY)),
        # It had closed by itself before.
        (NOW - 3 * DAY, NOW - DAY, Window(_S.CLOSED, since=NOW - 2 * DAY)),
    ],
)
def test_window_is_open_closed_or_unknown(
    wrote_at: datetime | None, refused_at: datetime | None, answer: Window
) -> None:
    assert window_at(NOW, wrote_at=wrote_at, refused_at=refused_at, window_s=DAY_S) == answer


_moments = st.none() | st.integers(-3 * int(DAY_S), 0).map(lambda s: NOW + timedelta(seconds=s))


@given(_moments, _moments)
def test_closed_needs_evidence_and_open_needs_a_word_of_the_person(
    wrote_at: datetime | None, refused_at: datetime | None
) -> None:
    window = window_at(NOW, wrote_at=wrote_at, refused_at=refused_at, window_s=DAY_S)
    assert (window.state is _S.UNKNOWN) == (wrote_at is None and refused_at is None)
    if window.state is _S.OPEN:
        assert wrote_at is not None
        assert window.until is not None
        assert NOW < window.until <= wrote_at + DAY
    if window.state is _S.CLOSED:
        assert window.since is not None
        assert window.since <= NOW
