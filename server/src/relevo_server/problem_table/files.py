"""Files."""

from __future__ import annotations

from relevo_server.problem_table.codes import ProblemCode, ProblemKind

FILES = (
    ProblemKind(
        ProblemCode.UNKNOWN_MEDIA,
        404,
        "No such file",
        "Check the id: `POST /media` gives it, and a message's `media`.",
    ),
    ProblemKind(
        ProblemCode.MEDIA_PENDING,
        409,
        "The file is not here yet",
        "It is being fetched from the provider; a `messaging.status` event tells when it is here.",
        retry_after_s=2,
    ),
    ProblemKind(
        ProblemCode.MEDIA_FAILED,
        409,
        "The file never came",
        "`detail` says why. The provider gives it no more; ask the person to send it again.",
    ),
    ProblemKind(
        ProblemCode.MEDIA_GONE,
        410,
        "The file is no longer kept",
        "It was removed after `media_days` under `[retention]`.",
    ),
    ProblemKind(
        ProblemCode.RANGE_BEYOND_END,
        416,
        "The file has no such part",
        "`Content-Range` tells how many bytes it has. Ask for a part of them, or leave `Range` "
        "out.",
    ),
    ProblemKind(
        ProblemCode.MEDIA_TOO_LARGE,
        413,
        "The file is too large",
        "Send a smaller one, or raise `max_bytes` under `[media]`.",
    ),
    ProblemKind(
        ProblemCode.MEDIA_UNAVAILABLE,
        503,
        "The files cannot be read or written",
        "The folder `path` under `[media]` has to be there, with room, and be the same for every "
        "machine. The server's log, and `detail` for a key with `admin`, say what is wrong.",
        retry_after_s=5,
    ),
)
