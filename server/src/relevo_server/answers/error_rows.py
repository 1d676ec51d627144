"""What the API answers with about errors, made from what the engine keeps."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

import relevo
from relevo_server.answers.wire import Row


class ErrorRow(Row):
    """Why something did not work, as events tell it too."""

    code: Annotated[str, Field(description="Ours, and stable.")]
    message: str
    retryable: bool
    provider_code: Annotated[str | None, Field(description="The provider's own code.")] = None
    http_status: Annotated[int | None, Field(description="What the provider answered.")] = None
    retry_after_s: float | None = None
    phase: Annotated[relevo.Phase | None, Field(description="How far the request got.")] = None
    raw: Annotated[Any, Field(description="The provider's own error object.")] = None


def error_row(error: relevo.ErrorDetail | None) -> ErrorRow | None:
    """Make the row of an error."""
    return ErrorRow(**asdict(error)) if error else None
