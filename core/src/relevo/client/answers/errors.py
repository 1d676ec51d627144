"""Why something did not work, as rows tell it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from relevo.client.answers.model import Answer, OrWord
from relevo.errors import Phase


class ErrorRow(Answer):
    """Why something did not work. `code` is ours and stable; `provider_code` the provider's."""

    code: str
    message: str
    retryable: bool
    provider_code: str | None = None
    http_status: int | None = None
    retry_after_s: float | None = None
    phase: OrWord[Phase] | None = None
    raw: Any = Field(default=None, repr=False)
