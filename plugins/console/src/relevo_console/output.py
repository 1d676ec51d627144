"""The I/O: one write at a time into a stream of this process, off the event loop."""

from __future__ import annotations

import sys
import threading
from typing import TextIO

import anyio
import anyio.to_thread

import relevo

WRITE_LIMIT_S = 5.0
"""Well within an attempt's 15 s, so that the reason told is ours."""


class Output:
    """Write into `stdout` or `stderr`, whatever stands there at the time."""

    def __init__(self, stream: str, *, where: str) -> None:
        self._stream = stream
        self._where = f"{where}: {stream}"
        self._turn = threading.Lock()

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads it."""
        stream = self._open_stream()
        return stream is not None and stream.isatty()

    async def write(self, text: str) -> None:
        """Write a whole text, in a thread.

        Raises:
            Unavailable: Nothing was written.
            OutcomeUnknown: Writing began and did not end well.
        """
        stream = self._open_stream()
        if stream is None:
            msg = f"{self._where} is closed; nothing was printed."
            raise relevo.Unavailable(msg)
        printing = _Printing(stream, text, self._turn)
        try:
            with anyio.fail_after(WRITE_LIMIT_S):
                await anyio.to_thread.run_sync(printing.run, abandon_on_cancel=True)
        except TimeoutError:
            printing.given_up = True
            if not printing.began:
                msg = f"{self._where} is stuck in an earlier message; nothing was printed."
                raise relevo.Unavailable(msg) from None
            msg = f"{self._where} took nothing for {WRITE_LIMIT_S:g} s; does anybody read it?"
            raise relevo.OutcomeUnknown(msg) from None
        except OSError as error:
            msg = f"{self._where} broke off ({type(error).__name__}); part may have been printed."
            raise relevo.OutcomeUnknown(msg) from error
        finally:
            printing.given_up = True

    def _open_stream(self) -> TextIO | None:
        stream: TextIO | None = getattr(sys, self._stream)
        return None if stream is None or stream.closed else stream


class _Printing:
    """One text on its way, in a thread that nobody can stop once it writes.

    Each side first says what it does, then looks at the other: what was given up
    before it began is never printed.
    """

    def __init__(self, stream: TextIO, text: str, turn: threading.Lock) -> None:
        self._stream = stream
        self._text = text
        self._turn = turn
        self.began = False
        self.given_up = False

    def run(self) -> None:
        if not self._turn.acquire(timeout=WRITE_LIMIT_S):
            raise TimeoutError
        try:
            self.began = True
            if self.given_up:
                return
            encoding = self._stream.encoding or "utf-8"
            self._stream.write(self._text.encode(encoding, "replace").decode(encoding))
            self._stream.flush()
        finally:
            self._turn.release()
