"""Every problem the API can answer with: its status, what it means, what to do.

A `RelevoError` finds its row by its own stable `code`, or by that of the
nearest class above it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from relevo_server.problem_table.codes import ProblemCode, ProblemKind
from relevo_server.problem_table.files import FILES
from relevo_server.problem_table.messages import MESSAGES
from relevo_server.problem_table.requests import REQUESTS
from relevo_server.problem_table.samples import sample
from relevo_server.problem_table.server import SERVER
from relevo_server.problem_table.webhooks import WEBHOOKS

__all__ = ["PROBLEMS", "STATUS_CODES", "ProblemCode", "ProblemKind", "sample"]

_KINDS = (*REQUESTS, *MESSAGES, *FILES, *WEBHOOKS, *SERVER)

PROBLEMS: Mapping[str, ProblemKind] = MappingProxyType({kind.code: kind for kind in _KINDS})

STATUS_CODES: Mapping[int, ProblemCode] = MappingProxyType(
    {
        400: ProblemCode.BAD_REQUEST,
        401: ProblemCode.UNAUTHORIZED,
        403: ProblemCode.FORBIDDEN,
        404: ProblemCode.NOT_FOUND,
        405: ProblemCode.METHOD_NOT_ALLOWED,
        413: ProblemCode.BODY_TOO_LARGE,
        415: ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    }
)
"""What an HTTP error is called that the framework, or a guard of the application, raises."""
