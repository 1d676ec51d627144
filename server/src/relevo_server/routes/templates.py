"""Templates of an account, as its provider's vendor keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, delete, get, post
from litestar.openapi.spec import Example
from litestar.params import Body, FromPath, QueryParameter
from pydantic import Field, JsonValue

import relevo
from relevo_server.access.principals import Caller
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server
from relevo_server.description.documents import problems
from relevo_server.description.examples import TEMPLATE_DEFINITION
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.bodies import TemplateBody
from relevo_server.requests.conditional import ETAG, UNCHANGED, answer_if_changed
from relevo_server.requests.cursors import ListCursors
from relevo_server.requests.paging import Cursor, Limit, cursors_of
from relevo_server.routes.accounts import NOBODY, require_account

TAGS = ["Templates"]
MAX_AGE_S = 300
_REFUSED = (
    ProblemCode.NOT_SUPPORTED,
    ProblemCode.REJECTED,
    ProblemCode.AUTH_FAILED,
    ProblemCode.THROTTLED,
    ProblemCode.UNAVAILABLE,
)


class TemplateRow(Row):
    """One template in one language."""

    name: str
    language: str
    status: Annotated[str, Field(description="The vendor's word, such as `APPROVED`.")]
    category: Annotated[str | None, Field(description="The vendor's word.")] = None
    id: Annotated[str | None, Field(description="The vendor's id of it.")] = None
    components: Annotated[list[dict[str, JsonValue]], Field(description="The vendor's objects.")]
    seen_at: Annotated[datetime | None, Field(description="When the vendor told it.")] = None


class TemplatePage(Row):
    """Templates by name and language."""

    items: list[TemplateRow]
    next: Annotated[str | None, Field(description="Null on the last page.")]


@get(
    "/accounts/{account:str}/templates",
    opt={"scope": relevo.Scope.READ},
    tags=TAGS,
    summary="List templates",
    description="What the vendor was asked within `max_age` seconds is not asked again.",
    response_description="A page by name and language; `next` leads to more.",
    response_headers=[ETAG],
    responses={
        **UNCHANGED,
        **problems(
            ProblemCode.INVALID_PARAMETER,
            ProblemCode.INVALID_CURSOR,
            *_REFUSED,
            ProblemCode.ENGINE_UNAVAILABLE,
            otherwise=NOBODY,
        ),
    },
)
async def list_templates(  # noqa: PLR0913 - each is a filter of its own
    account: FromPath[str],
    request: Request[Any, Any, Any],
    server: Server,
    principal: Caller,
    *,
    name: Annotated[str | None, QueryParameter(name="name")] = None,
    language: Annotated[str | None, QueryParameter(name="language")] = None,
    status: Annotated[str | None, QueryParameter(name="status")] = None,
    category: Annotated[str | None, QueryParameter(name="category")] = None,
    max_age: Annotated[
        int, QueryParameter(name="max_age", ge=0, le=3600, description="0: ask the vendor now.")
    ] = MAX_AGE_S,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[TemplatePage]:
    """List templates."""
    provider = require_account(server, principal, account).provider
    cursors = cursors_of(server, request)
    after = cursors.read(cursor)
    try:
        told = await provider.list_templates(name=name, language=language, max_age_s=max_age)
    except relevo.OutcomeUnknown as error:
        # Nothing was to be changed by asking, so nothing is in doubt.
        msg = (
            f"Account {account!r}: its provider could not be asked for its templates; no answer "
            "that tells came. Ask again."
        )
        raise Problem(ProblemCode.UNAVAILABLE, msg) from error
    wanted = [
        one for one in told if status in {None, one.status} and category in {None, one.category}
    ]
    return answer_if_changed(request, _page(wanted, after, limit, cursors))


@post(
    "/accounts/{account:str}/templates",
    opt={"scope": relevo.Scope.ADMIN},
    status_code=201,
    tags=TAGS,
    summary="Create a template",
    description="The body goes to the vendor as it is; whether it approves comes as news of the "
    "account.",
    response_description="The template, which mostly waits for approval.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.MALFORMED_JSON,
        ProblemCode.INVALID_BODY,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        *_REFUSED,
        ProblemCode.ENGINE_UNAVAILABLE,
        otherwise=NOBODY,
    ),
)
async def create_template(
    account: FromPath[str],
    server: Server,
    principal: Caller,
    data: Annotated[
        TemplateBody, Body(examples=[Example(id="template", value=TEMPLATE_DEFINITION)])
    ],
) -> Response[TemplateRow]:
    """Ask the vendor to approve a template."""
    provider = require_account(server, principal, account).provider
    return json_response(_row(await provider.create_template(data.definition)))


@delete(
    "/accounts/{account:str}/templates/{name:str}",
    opt={"scope": relevo.Scope.ADMIN},
    status_code=204,
    tags=TAGS,
    summary="Delete a template",
    description="In all its languages.",
    response_description="The vendor deleted it.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        *_REFUSED,
        ProblemCode.ENGINE_UNAVAILABLE,
        otherwise=NOBODY,
    ),
)
async def delete_template(
    account: FromPath[str], name: FromPath[str], server: Server, principal: Caller
) -> None:
    """Delete a template."""
    await require_account(server, principal, account).provider.delete_template(name)


def _page(
    templates: Sequence[relevo.Template], after: str | None, limit: int, cursors: ListCursors
) -> TemplatePage:
    """Cut a page out of the list; the place is the key of the last row before it."""
    ordered = sorted(templates, key=_key)
    rest = [one for one in ordered if after is None or _key(one) > after]
    shown = rest[:limit]
    place = _key(shown[-1]) if len(rest) > limit else None
    return TemplatePage(items=[_row(one) for one in shown], next=cursors.write(place))


def _key(template: relevo.Template) -> str:
    return f"{template.name} {template.language}"


def _row(template: relevo.Template) -> TemplateRow:
    return TemplateRow(
        name=template.name,
        language=template.language,
        status=template.status,
        category=template.category,
        id=template.id,
        components=[dict(one) for one in template.components],
        seen_at=template.seen_at,
    )


HANDLERS = (list_templates, create_template, delete_template)
