"""Answer what cannot be read as a request, and leave it out of the log: anybody can send it."""

from __future__ import annotations

import asyncio
import logging
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from relevo_server.request_ids import HEADER, choose_request_id

if TYPE_CHECKING:
    from relevo_server.problems import Problem  # heavy

logger = logging.getLogger("relevo.access")

_SERVERS_LOG: Final = "uvicorn.error"
_OF_STRANGERS: Final = (
    "Invalid HTTP request received.",
    "Unsupported upgrade request.",
    "No supported WebSocket library detected.",
)


class UnreadableRequests(asyncio.Protocol):
    """Part of uvicorn's protocol: refuse with a problem what is no request."""

    most_head_bytes = 0
    _refused = False

    def data_received(self, data: bytes) -> None:
        """Take no more of what was refused."""
        if not self._refused:
            super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong, and close. uvicorn calls it while h11's error is handled."""
        del msg
        self._refused = True
        line, cycle = cast("Any", self).transport, cast("Any", self).cycle
        if cycle is None or cycle.response_complete:
            line.write(self._answer(sys.exception()))
            # A connection that is closed while more comes is reset, and the answer lost with it.
            # The other side closes now; if it does not, it is cut as whoever asks nothing.
            line.write_eof()
            return
        if not cycle.response_started:
            line.write(self._answer(sys.exception()))
        line.close()

    def _answer(self, error: BaseException | None) -> bytes:
        from relevo_server.observing.heads import written  # noqa: PLC0415 - heavy

        request_id = choose_request_id(None)
        problem = self._problem(error)
        status = HTTPStatus(problem.status)
        logger.debug("No request: %d.", status, extra={"request_id": request_id})
        body, headers = written(problem, request_id)
        head = [f"HTTP/1.1 {status} {status.phrase}".encode()]
        head += [name + b": " + value for name, value in headers]
        head.append(f"{HEADER}: {request_id}".encode())
        return b"\r\n".join([*head, b"", body])

    def _problem(self, error: BaseException | None) -> Problem:
        from relevo_server.observing.heads import too_large  # noqa: PLC0415 - heavy
        from relevo_server.problem_table import ProblemCode  # noqa: PLC0415 - heavy
        from relevo_server.problems import Problem  # noqa: PLC0415 - heavy

        if getattr(error, "error_status_hint", None) == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            return too_large(self.most_head_bytes)
        said = "The request is no HTTP/1.1 that can be read. Look at its first line and headers."
        return Problem(ProblemCode.BAD_REQUEST, said, headers={"Connection": "close"})


class _LeaveStrangersOut(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Drop what whoever reaches the port can make the server say as often as they like."""
        return not str(record.msg).startswith(_OF_STRANGERS)


_LEAVE_OUT: Final = _LeaveStrangersOut()


def leave_strangers_out() -> None:
    """Let uvicorn warn of nothing that a stranger sent; asked twice, it is done once."""
    logging.getLogger(_SERVERS_LOG).addFilter(_LEAVE_OUT)
