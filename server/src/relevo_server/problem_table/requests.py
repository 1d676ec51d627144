"""The request itself, and who asks."""

from __future__ import annotations

from relevo_server.problem_table.codes import ProblemCode, ProblemKind

REQUESTS = (
    # The request itself
    ProblemKind(
        ProblemCode.BAD_REQUEST,
        400,
        "The request cannot be read",
        "`detail` says what cannot be read; correct the request.",
    ),
    ProblemKind(
        ProblemCode.MALFORMED_JSON,
        400,
        "The body cannot be read as JSON",
        "Send one JSON object, encoded as UTF-8, with each member of an object once.",
    ),
    ProblemKind(
        ProblemCode.INCOMPLETE_BODY,
        400,
        "The body ended early",
        "The connection broke before all of the body came. Send the request again.",
    ),
    ProblemKind(
        ProblemCode.REQUEST_TIMEOUT,
        408,
        "The body came too slowly",
        "Send the body at once. How long it may take, `body_timeout_s` under [server] says.",
    ),
    ProblemKind(
        ProblemCode.HEADERS_TOO_LARGE,
        431,
        "The first line and headers are too large",
        "Send fewer or shorter headers, or a shorter query; cookies of other applications count. "
        "`max_header_bytes` under [server] is the limit.",
    ),
    ProblemKind(
        ProblemCode.INVALID_PARAMETER,
        400,
        "A parameter is wrong",
        "`errors` names each query parameter or header and why. The schema lists what there is.",
    ),
    ProblemKind(
        ProblemCode.INVALID_CURSOR,
        400,
        "The cursor is none of ours",
        "Pass on `next`, or an event's `id`, as it was given, or leave it out to start anew.",
    ),
    ProblemKind(
        ProblemCode.INVALID_BODY,
        422,
        "The body is not what this request takes",
        "`errors` names each field and why. Fields that the request does not know are refused.",
    ),
    ProblemKind(
        ProblemCode.NOT_FOUND,
        404,
        "There is nothing here",
        "Check the path; `/schema` lists every route.",
    ),
    ProblemKind(
        ProblemCode.METHOD_NOT_ALLOWED,
        405,
        "The route does not take this method",
        "The `Allow` header lists those it takes.",
    ),
    ProblemKind(
        ProblemCode.BODY_TOO_LARGE,
        413,
        "The body is too large",
        "`detail` says how many bytes this route takes, and which setting raises that. Send less: "
        "a file by `POST /media`, many messages in several batches.",
    ),
    ProblemKind(
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        415,
        "The body has the wrong content type",
        "Send JSON with `Content-Type: application/json`; a file to `POST /media` with its own "
        "type, or as a form.",
    ),
    ProblemKind(
        ProblemCode.UNAUTHORIZED,
        401,
        "The application wants to know who you are",
        "Relevo runs inside an application that asks for more than a key. Sign in there as its own "
        "pages do.",
    ),
    ProblemKind(
        ProblemCode.FORBIDDEN,
        403,
        "The application does not let you do this",
        "Relevo runs inside an application that decides who may use it. Ask whoever runs it.",
    ),
    ProblemKind(
        ProblemCode.REQUEST_REFUSED,
        400,
        "The application refused the request",
        "Relevo runs inside an application that stands before it. `status` and `detail` are its "
        "words.",
    ),
    # Who asks
    ProblemKind(
        ProblemCode.MISSING_KEY,
        401,
        "The request shows no key",
        "Send `Authorization: Bearer rlv_...`; `relevo keys create` makes one. Other schemes than "
        "`Bearer` are not taken.",
    ),
    ProblemKind(
        ProblemCode.INVALID_KEY,
        401,
        "The key opens nothing",
        "It is mistyped, was taken back, or is over. Ask for a new one where it came from.",
    ),
    ProblemKind(
        ProblemCode.INVALID_TICKET,
        401,
        "The ticket opens nothing",
        "It is over, or its key is. `POST /events/tickets` gives a new one.",
    ),
    ProblemKind(
        ProblemCode.MISSING_SCOPE,
        403,
        "The key may not do this",
        "`detail` names the scope that is missing. Use a key that has it.",
    ),
    ProblemKind(
        ProblemCode.LIMITED_KEY,
        403,
        "The key is limited to some accounts",
        "This tells of all accounts at once. Use a key without such a limit.",
    ),
    ProblemKind(
        ProblemCode.TOO_MANY_REQUESTS,
        429,
        "The key asks too often",
        "Wait as long as `Retry-After` says. `key_rate` under `[server]`, or the key's own rate, "
        "is the limit.",
    ),
    ProblemKind(
        ProblemCode.TOO_MANY_STREAMS,
        429,
        "Too many streams are open",
        "Close those that nobody reads. `streams_per_key` and `streams_per_ticket` under "
        "`[server]` are the limits, in each process; make a ticket for each reader.",
    ),
    ProblemKind(ProblemCode.UNKNOWN_KEY, 404, "No such key", "`GET /keys` lists those there are."),
    ProblemKind(
        ProblemCode.FOREIGN_HOST,
        403,
        "The API answers this machine only",
        "Without keys it takes requests from this machine, to a loopback name such as "
        "127.0.0.1 or localhost. It keeps web pages from reaching it under a name of their own.",
    ),
    ProblemKind(
        ProblemCode.FOREIGN_ORIGIN,
        403,
        "A web page of another origin asks",
        "List the page's origin under `cors_origins` in `[server]` if it is yours.",
    ),
)
