"""Ids of messages, as they stand in a path."""

from __future__ import annotations

from uuid import UUID

from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem


def read_message_id(text: str) -> UUID:
    """Read an id.

    Raises:
        Problem: No message can have it.
    """
    try:
        return UUID(text)
    except ValueError:
        msg = "No message has this id: ours are UUIDs, as POST /messages gives them."
        raise Problem(ProblemCode.UNKNOWN_MESSAGE, msg) from None
