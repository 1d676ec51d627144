"""How the server's own process writes its log."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from relevo_server.logs.configuring import configure_logging, make_handler
from relevo_server.operating import LogFormat, LogLevel

Log = Callable[..., str]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def log() -> Iterator[Log]:
    """Write one record in a form, to a pipe or a terminal; give what was written."""
    logger = logging.getLogger("relevo.test_logs")
    logger.propagate = False

    def write(
        form: LogFormat, words: str, *args: Any, stream: io.StringIO | None = None, **more: Any
    ) -> str:
        stream = stream or io.StringIO()
        handler = make_handler(form, stream)
        logger.addHandler(handler)
        try:
            logger.warning(words, *args, **more)
        finally:
            logger.removeHandler(handler)
        return stream.getvalue()

    yield write
    logger.propagate = True


def test_pipe_gets_one_json_object_a_line_with_its_fields(log: Log) -> None:
    with structlog.contextvars.bound_contextvars(request_id="order-4711"):
        written = log(LogFormat.AUTO, "Message %s.", "m-1", extra={"message_id": "m-1"})
    assert written.count("\n") == 1
    told = json.loads(written)
    assert list(told)[:4] == ["time", "level", "logger", "message"]
    assert told.pop("time").endswith("Z")
    assert told == {
        "message": "Message m-1.",
        "message_id": "m-1",
        "request_id": "order-4711",
        "level": "warning",
        "logger": "relevo.test_logs",
    }


def test_terminal_gets_coloured_words(log: Log) -> None:
    written = log(LogFormat.AUTO, "hello", stream=_Terminal())
    assert "hello" in written
    assert "\x1b[" in written
    assert "\x1b[" not in log(LogFormat.TEXT, "hello")


def test_person_reads_when_first_and_nothing_twice(log: Log) -> None:
    facts = {"method": "POST", "route": "/a/{name}", "status": 202, "attempt": 1, "code": "away"}
    written = log(LogFormat.TEXT, "POST /a/{name} 202 in 1 ms.", extra=facts)
    assert re.match(r"20\d\d-\d\d-\d\dT[\d:.]+Z \[warning", written)
    assert re.findall(r"(\w+)=", written) == ["attempt", "code"]


@pytest.mark.parametrize("form", list(LogFormat))
def test_exception_is_told_without_its_words(log: Log, form: LogFormat) -> None:
    """Where it was raised is: that is what a person who mends it needs."""
    try:
        int("words of a person")
    except ValueError:
        written = log(form, "It broke.", exc_info=True, stack_info=True)
    assert "ValueError" in written
    assert "test_logs.py" in written
    assert "invalid literal" not in written


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ('GET http://h.example/a/b?proof=x&y=z "HTTP/1.1 200"', "http://h.example/a/b?***"),
        ('"GET /a/b?ticket=secret HTTP/1.1" 200', "/a/b?***"),
        ("rlv_abcdefghijkl_" + "s" * 43, "***"),
    ],
)
def test_what_addresses_hide_is_hidden(log: Log, said: str, written: str) -> None:
    told = json.loads(log(LogFormat.JSON, "%s", said))["message"]
    assert written in told
    assert not any(word in told for word in ("proof=", "ticket=", "sssss"))


def test_question_is_left_alone(log: Log) -> None:
    assert json.loads(log(LogFormat.JSON, "Is it? Yes."))["message"] == "Is it? Yes."


def test_level_is_of_our_own_loggers_only() -> None:
    """Of other libraries only what is wrong; and the program's log is as it was afterwards."""
    root = logging.getLogger()
    ours = [logging.getLogger(name) for name in ("relevo", "relevo_server")]
    before = (root.level, root.handlers[:], [one.level for one in ours])
    stream = io.StringIO()
    try:
        configure_logging(LogLevel.DEBUG, LogFormat.JSON, stream=stream)
        logging.getLogger("relevo.worker").debug("ours")
        logging.getLogger("httpx").info("theirs")
        logging.getLogger("httpx").warning("their trouble")
    finally:
        root.handlers[:] = before[1]
        root.setLevel(before[0])
        for one, level in zip(ours, before[2], strict=True):
            one.setLevel(level)
    told = [json.loads(line)["message"] for line in stream.getvalue().splitlines()]
    assert told == ["ours", "their trouble"]
