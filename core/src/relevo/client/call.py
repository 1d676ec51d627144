"""One request to a server, said without any I/O: both flavours of the client send it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import NoneType
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

from pydantic import BaseModel, ValidationError
from pydantic_core import to_jsonable_python

from relevo.errors import ForeignAnswer
from relevo.server_address import API_PATH

AnswerT = TypeVar("AnswerT")

Words = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Call(Generic[AnswerT]):
    """A request, and what it is answered with.

    Args:
        route: Method and path below the API, such as `GET /messages/{message_id}`.
        answer: What a good answer is read as; `NoneType` where it has no body.
        places: What stands in the path's places.
        params: Query parameters.
        headers: Beside those of every request.
        body: Sent as JSON; None: there is no body.
        file: Sent as it is, instead of a JSON body.
        repeatable: The same request again does no harm, even if the first one was heard.
        wait_s: How much longer than usual the server may take.
    """

    route: str
    answer: type[AnswerT]
    places: Mapping[str, str] = field(default_factory=dict)
    params: Words = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Any = field(default=None, repr=False)
    file: Path | bytes | None = field(default=None, repr=False)
    repeatable: bool = False
    wait_s: float = 0

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.route.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path, with its places filled."""
        places = {name: quote(value, safe="") for name, value in self.places.items()}
        return API_PATH + self.route.partition(" ")[2].format(**places)

    def read(self, body: bytes, where: str) -> AnswerT:
        """Read a good answer.

        Raises:
            ForeignAnswer: It is not what this version of the client understands.
        """
        if self.answer is NoneType:
            return cast("AnswerT", None)
        fields: list[str] = []
        try:
            model = cast("type[BaseModel]", self.answer)
            return cast("AnswerT", model.model_validate_json(body))
        except ValidationError as error:
            fields = [".".join(map(str, one["loc"])) for one in error.errors(include_input=False)]
        # Raised out here, so that no context carries what people wrote.
        raise ForeignAnswer(_not_understood(where, self.route, fields))


@dataclass(frozen=True, slots=True)
class ListCall(Generic[AnswerT]):
    """A list, page by page.

    Args:
        page: Makes the request for up to so many rows, from a cursor on.
        most: Rows in all; None: all there are.
        page_size: Rows on a page; 0: the list has one page only.
    """

    page: Callable[[int, str | None], Call[Any]]
    most: int | None = None
    page_size: int = 0

    def next_call(self, seen: int, cursor: str | None) -> Call[Any] | None:
        """Make the request for the next page; None: there are rows enough."""
        left = self.page_size if self.most is None else self.most - seen
        if self.most is not None and left <= 0:
            return None
        return self.page(min(left, self.page_size), cursor)

    def rows(self, page: Any, seen: int) -> tuple[list[AnswerT], str | None]:
        """Give a page's rows that are wanted, and where the next page begins, if any."""
        rows: list[AnswerT] = page.items
        cursor: str | None = getattr(page, "next", None)
        return rows if self.most is None else rows[: self.most - seen], cursor


def given(**values: Any) -> dict[str, Any]:
    """Write what was given as JSON has it; what is None is left out."""
    return {name: to_jsonable_python(value) for name, value in values.items() if value is not None}


def asked(**values: Any) -> dict[str, str | Sequence[str]]:
    """Write what was given as query parameters; what is None is left out."""
    return {name: _words(value) for name, value in values.items() if value is not None}


def _words(value: Any) -> str | Sequence[str]:
    if isinstance(value, list | tuple | set | frozenset):
        return [str(to_jsonable_python(one)) for one in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(to_jsonable_python(value))


def _not_understood(where: str, route: str, fields: Sequence[str]) -> str:
    listed = ", ".join(one for one in fields[:3] if one) or "the whole of it"
    return (
        f"{where} answered {route}, but not as Relevo does: {listed} cannot be read. Check the "
        "address (--url or RELEVO_URL), and that client and server are of versions that fit."
    )
