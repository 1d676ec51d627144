"""Problem pages: where the `type` of a problem leads, for people and for programs."""

from __future__ import annotations

import json
import re
from html import escape
from http import HTTPStatus
from string import Template
from typing import Any, Final

from litestar import MediaType, Request, Response, get
from litestar.params import FromPath

from relevo_server.answers.wire import Row, json_response
from relevo_server.problem_table import PROBLEMS, ProblemCode, ProblemKind, sample
from relevo_server.problems import PROBLEM_JSON, Problem
from relevo_server.requests.negotiation import prefers

_CODE: Final = re.compile(r"`([^`]*)`")
_HTML: Final = "text/html"
_PAGE: Final = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}
code,pre{background:#8882;border-radius:.2em}code{padding:.1em .3em}
pre{padding:1rem;overflow:auto;white-space:pre-wrap}:root{color-scheme:light dark}</style>
</head><body><h1>$title</h1>
$body
</body></html>
""")


class ProblemPage(Row):
    """What a problem means."""

    type: str
    code: str
    status: int
    title: str
    advice: str
    retry_after_s: int | None = None
    example: dict[str, Any]


class ProblemList(Row):
    """All problems."""

    items: list[ProblemPage]


@get(
    "/problems",
    opt={"scope": None},
    include_in_schema=False,
    media_type=MediaType.HTML,
    sync_to_thread=False,
)
def list_problems(request: Request[Any, Any, Any]) -> Response[Any]:
    """List every problem the API can answer with."""
    kinds = sorted(PROBLEMS.values(), key=lambda kind: (kind.status, kind.code))
    if _wants_json(request):
        return _vary(json_response(ProblemList(items=[_row(kind) for kind in kinds])))
    rows = "".join(
        f'<li><a href="/problems/{kind.code}"><code>{kind.code}</code></a> '
        f"({kind.status}): {escape(kind.title)}</li>"
        for kind in kinds
    )
    return _page("Problems", f"<ul>{rows}</ul>")


@get(
    "/problems/{code:str}",
    opt={"scope": None},
    include_in_schema=False,
    media_type=MediaType.HTML,
    sync_to_thread=False,
)
def explain_problem(code: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """Tell what a problem means and what to do."""
    if code not in PROBLEMS:
        raise Problem(
            ProblemCode.NOT_FOUND, "There is no problem of this name; /problems lists them."
        )
    kind = PROBLEMS[code]
    if _wants_json(request):
        return _vary(json_response(_row(kind)))
    return _page(kind.title, _explanation(kind))


def _wants_json(request: Request[Any, Any, Any]) -> bool:
    accept = request.headers.get("accept")
    return any(prefers(accept, kind, over=_HTML) for kind in (PROBLEM_JSON, MediaType.JSON))


def _row(kind: ProblemKind) -> ProblemPage:
    return ProblemPage(
        type=kind.type,
        code=kind.code,
        status=kind.status,
        title=kind.title,
        advice=kind.advice,
        retry_after_s=kind.retry_after_s,
        example=sample(kind),
    )


def _explanation(kind: ProblemKind) -> str:
    status = f"{kind.status} {HTTPStatus(kind.status).phrase}"
    advice = _CODE.sub(r"<code>\1</code>", escape(kind.advice))
    wait = ""
    if kind.retry_after_s is not None:
        wait = (
            "<p>The same request may work later: the header <code>Retry-After</code> says after "
            f"how many seconds, mostly {kind.retry_after_s}.</p>"
        )
    example = escape(json.dumps(sample(kind), indent=2), quote=False)
    return (
        f"<p><code>{kind.code}</code>, answered with {escape(status)}.</p>"
        f"<h2>What to do</h2><p>{advice}</p>{wait}"
        f"<h2>As it comes</h2><pre>{example}</pre>"
        '<p><a href="/problems">All problems</a></p>'
    )


def _page(title: str, body: str) -> Response[Any]:
    page = _PAGE.substitute(title=escape(title), body=body)
    return _vary(Response(page, media_type=MediaType.HTML))


def _vary(answer: Response[Any]) -> Response[Any]:
    answer.headers["Vary"] = "Accept"
    return answer


HANDLERS = (list_problems, explain_problem)
