"""Problem pages: where the `type` of a problem leads."""

from __future__ import annotations

import re
from html import escape
from http import HTTPStatus
from string import Template

from litestar import MediaType, Response, get
from litestar.params import FromPath

from relevo_server.problem_table import PROBLEMS, ProblemCode, ProblemKind
from relevo_server.problems import Problem

_CODE = re.compile(r"`([^`]*)`")
_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}
code{background:#8882;padding:.1em .3em;border-radius:.2em}:root{color-scheme:light dark}</style>
</head><body><h1>$title</h1>
$body
</body></html>
""")


@get("/problems", include_in_schema=False, media_type=MediaType.HTML, sync_to_thread=False)
def list_problems() -> Response[str]:
    """List every problem the API can answer with."""
    rows = "".join(
        f'<li><a href="/problems/{kind.code}"><code>{kind.code}</code></a> '
        f"({kind.status}): {escape(kind.title)}</li>"
        for kind in sorted(PROBLEMS.values(), key=lambda kind: (kind.status, kind.code))
    )
    return _page("Problems", f"<ul>{rows}</ul>")


@get(
    "/problems/{code:str}", include_in_schema=False, media_type=MediaType.HTML, sync_to_thread=False
)
def explain_problem(code: FromPath[str]) -> Response[str]:
    """Tell what a problem means and what to do."""
    if code not in PROBLEMS:
        raise Problem(
            ProblemCode.NOT_FOUND, "There is no problem of this name; /problems lists them."
        )
    kind = PROBLEMS[code]
    return _page(kind.title, _explanation(kind))


def _explanation(kind: ProblemKind) -> str:
    status = f"{kind.status} {HTTPStatus(kind.status).phrase}"
    advice = _CODE.sub(r"<code>\1</code>", escape(kind.advice))
    return f"<p><code>{kind.code}</code>, answered with {escape(status)}.</p><p>{advice}</p>"


def _page(title: str, body: str) -> Response[str]:
    return Response(_PAGE.substitute(title=escape(title), body=body), media_type=MediaType.HTML)


HANDLERS = (list_problems, explain_problem)
