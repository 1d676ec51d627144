"""What the API answers with about people: windows, what they want, what speaks against a send."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

import relevo
from relevo_server.answers.wire import Row


class WindowRow(Row):
    """Whether free-form content may go to the person now."""

    state: Annotated[
        relevo.WindowState,
        Field(description="`unknown`: nobody was seen writing yet; it may be open all the same."),
    ]
    until: Annotated[
        datetime | None, Field(description="When an open one closes, unless they write again.")
    ] = None
    since: Annotated[datetime | None, Field(description="When a closed one closed.")] = None


class PreferenceRow(Row):
    """What the person wants to be sent of one category, as the provider last told."""

    category: Annotated[str, Field(description="The provider's word.")]
    allowed: bool
    changed_at: datetime


class WarningRow(Row):
    """Why a message that was accepted will probably be refused."""

    code: Annotated[str, Field(description="`window_closed` or `opted_out`.")]
    message: str
    advice: Annotated[str, Field(description="What to do instead.")]


def window_row(window: relevo.Window | None) -> WindowRow | None:
    """Make the row of a window; None where the provider has none."""
    if window is None:
        return None
    return WindowRow(state=window.state, until=window.until, since=window.since)


def preference_rows(preferences: Sequence[relevo.PreferenceRecord]) -> list[PreferenceRow]:
    """Make the rows of what a person wants."""
    return [
        PreferenceRow(category=one.category, allowed=one.allowed, changed_at=one.changed_at)
        for one in preferences
    ]


def warning_rows(warnings: Sequence[relevo.SendWarning]) -> list[WarningRow] | None:
    """Make the rows of what spoke against a message; None for nothing."""
    rows = [WarningRow(code=one.code, message=one.message, advice=one.advice) for one in warnings]
    return rows or None
