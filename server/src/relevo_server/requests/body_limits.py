"""How large a body may be, and which setting says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from litestar import Request

from relevo_server.problem_table import ProblemCode
from relevo_server.settings import ServerSettings

OPT: Final = "relevo_body_limit"
"""Handlers have their `BodyLimit` under this name in their `opt`."""


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """The largest body of a route.

    Args:
        most_bytes: As the setting says.
        setting: What raises it, such as `max_body_bytes under [server]`.
        what: What is too large.
        code: Which problem tells of it.
    """

    most_bytes: int
    setting: str
    what: str = "The body"
    code: ProblemCode = ProblemCode.BODY_TOO_LARGE

    @property
    def sentence(self) -> str:
        """What was too large, and what to do."""
        return (
            f"{self.what} has more than {self.most_bytes} bytes. Send less, or raise "
            f"{self.setting}."
        )


class BodyLimits(NamedTuple):
    """Every limit there is."""

    api: BodyLimit
    batch: BodyLimit
    webhook: BodyLimit
    media: BodyLimit


def body_limits(settings: ServerSettings, most_file_bytes: int) -> BodyLimits:
    """Give the limits as the settings have them."""
    return BodyLimits(
        api=BodyLimit(settings.max_body_bytes, "max_body_bytes under [server]"),
        batch=BodyLimit(settings.max_batch_bytes, "max_batch_bytes under [server]"),
        webhook=BodyLimit(settings.max_webhook_bytes, "max_webhook_bytes under [server]"),
        media=BodyLimit(
            most_file_bytes, "max_bytes under [media]", "The file", ProblemCode.MEDIA_TOO_LARGE
        ),
    )


def limit_of(request: Request[Any, Any, Any]) -> BodyLimit | None:
    """Give the limit of the route that was asked; None: it is none of ours."""
    limit = request.route_handler.opt.get(OPT)
    return limit if isinstance(limit, BodyLimit) else None
