"""Forms with a file: it goes to disk as it comes, and nothing else may stand beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Final, NoReturn

from litestar import Request
from litestar.datastructures import UploadFile
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.reasons import FieldError

FORM_ROOM: Final = 64 * 1024
"""What a form may have around its file."""
_MOST_PARTS: Final = 100
_LONGEST_BOUNDARY: Final = 200
_LONGEST_NAME: Final = 64


async def read_file(request: Request[Any, Any, Any]) -> UploadFile:
    """Give the one file of a form.

    Litestar's own reader keeps every other field in memory, however large, and decodes it by
    the charset that the field itself names: some of them take hours for what comes in a second.

    Raises:
        Problem: It is no form, has no file or more than one, or much else.
    """
    boundary = request.content_type[1].get("boundary", "")
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        msg = (
            "The Content-Type of the form names no boundary between its parts, or none that can be "
            "used. Let your client write that header by itself."
        )
        raise Problem(ProblemCode.INVALID_BODY, msg)
    form = _Form()
    try:
        async with aclosing(request.stream()) as chunks:
            await _read(boundary, chunks, form)
        return form.only_file()
    except MultipartError as error:
        form.close()
        msg = "The form cannot be read: it ends too early, or its parts are not as forms have them."
        raise Problem(ProblemCode.INVALID_BODY, msg) from error
    except BaseException:
        form.close()
        raise


async def _read(boundary: str, chunks: AsyncIterator[bytes], form: _Form) -> None:
    with PushMultipartParser(boundary, max_segment_count=_MOST_PARTS) as parser:
        async for chunk in chunks:
            if parser.closed:
                return
            for piece in parser.parse(chunk):
                if isinstance(piece, MultipartSegment):
                    form.begin(piece)
                elif piece is not None:
                    await form.take(bytes(piece))


class _Form:
    """What is known of a form so far."""

    def __init__(self) -> None:
        self._files: list[UploadFile] = []

    def begin(self, part: MultipartSegment) -> None:
        """Begin a part.

        Raises:
            Problem: It is a second file, or another field.
        """
        if not part.filename:
            _refuse_field(part.name or "")
        if self._files:
            msg = "The form has more than one file; send one, as a part that has a file name."
            raise Problem(ProblemCode.INVALID_BODY, msg)
        self._files.append(UploadFile(part.content_type or "", part.filename))

    async def take(self, piece: bytes) -> None:
        """Take some bytes of the file."""
        await self._files[-1].write(piece)

    def only_file(self) -> UploadFile:
        """Give the file.

        Raises:
            Problem: There is none.
        """
        if not self._files:
            msg = "The form has no file; send one, as a part that has a file name."
            raise Problem(ProblemCode.INVALID_BODY, msg)
        (file,) = self._files
        file.file.seek(0)
        return file

    def close(self) -> None:
        """Throw away what was read."""
        for file in self._files:
            file.file.close()


def _refuse_field(name: str) -> NoReturn:
    """Refuse a field that nobody would heed.

    Raises:
        Problem: In any case.
    """
    shown = name if name.isidentifier() and len(name) <= _LONGEST_NAME else "a field"
    reason = "is no file; name and account of a file stand in the address, as ?filename=&account="
    msg = f"The form has a field beside its file, or its file has no name. {shown}: {reason}."
    raise Problem(ProblemCode.INVALID_BODY, msg, errors=[FieldError(field=shown, reason=reason)])
