"""The Lab: its page for each provider, and the files the page is made of."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter

import relevo
from relevo_server.access.principals import Caller
from relevo_server.context import Server
from relevo_server.lab_files import INDEX, LabFile, lab_files
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem

PAGE_PATH: Final = "/demo/messaging/providers/{family:str}/{product:str}"
FILES_PATH: Final = "/demo/messaging/lab/{name:path}"
_HEADERS = {
    # Everything comes from here, and nothing on the page is code or style but those files.
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "object-src 'none'; require-trusted-types-for 'script'; "
        # Files that were fetched with a key are shown from the browser's own memory.
        "img-src 'self' blob:; media-src 'self' blob:"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # Kept, and asked for again each time: 304 unless the package changed.
    "Cache-Control": "no-cache",
}


def lab_page(provider: str) -> str | None:
    """Give the page of a provider; None: it is not named by family and product."""
    family, _, product = provider.partition("_")
    return f"/demo/messaging/providers/{quote(family)}/{quote(product)}" if product else None


@get(PAGE_PATH, opt={"scope": None}, include_in_schema=False)
async def show_lab(
    family: FromPath[str],
    product: FromPath[str],
    request: Request[Any, Any, Any],
    server: Server,
    principal: Caller,
    account: Annotated[str | None, QueryParameter(name="account")] = None,
) -> Response[bytes]:
    """Give the page; it reads the provider and the account from its own address."""
    del account
    provider = f"{family}_{product}"
    known = {*server.runtime.plugins.providers}
    known |= {one.provider.name for one in server.runtime.accounts.values()}
    if provider not in known:
        there = ", ".join(sorted(known)) or "none"
        # The page is open to all; what is installed here is not everybody's to know.
        told = f" (there is: {there})" if principal.may(relevo.Scope.READ) else ""
        msg = f"No provider is called {provider!r} here{told}. Is it installed?"
        raise Problem(ProblemCode.NOT_FOUND, msg)
    return _answer(request, lab_files()[INDEX])


@get(FILES_PATH, opt={"scope": None}, include_in_schema=False)
async def show_lab_file(name: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give one of the files the page is made of."""
    file = lab_files().get(name.lstrip("/"))
    if file is None:
        msg = "The Lab has no such file."
        raise Problem(ProblemCode.NOT_FOUND, msg)
    return _answer(request, file)


def _answer(request: Request[Any, Any, Any], file: LabFile) -> Response[bytes]:
    headers = {**_HEADERS, "ETag": file.etag}
    held = request.headers.get("if-none-match", "")
    if any(tag.strip().removeprefix("W/") in {file.etag, "*"} for tag in held.split(",")):
        return Response(b"", status_code=304, headers=headers, media_type=file.media_type)
    return Response(file.body, headers=headers, media_type=file.media_type)


HANDLERS = (show_lab, show_lab_file)
