"""Keep an application's compression away from streams: a compressor waits for more to pack."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from litestar.config.compression import CompressionConfig
from litestar.handlers import HTTPRouteHandler

STREAM: Final = "relevo_stream"
"""The handlers' `opt` that an application's compression is told to look for."""


def leave_uncompressed(
    config: CompressionConfig | None, handlers: Iterable[HTTPRouteHandler]
) -> None:
    """Exclude handlers from compression, by the application's own word for it if it has one."""
    if config is None:
        return
    config.exclude_opt_key = config.exclude_opt_key or STREAM
    for handler in handlers:
        opt: dict[str, Any] = handler.opt
        opt[config.exclude_opt_key] = True
