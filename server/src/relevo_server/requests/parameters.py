"""What a handler's parameters are called in a request, and which values they can have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple, get_args

from litestar import Request
from litestar.params import HeaderParameter, QueryParameter


class Parameter(NamedTuple):
    """A query parameter or header: its name, and its values where they can be listed."""

    name: str
    values: tuple[str, ...] = ()


def known_parameters(request: Request[Any, Any, Any]) -> Mapping[str, Parameter]:
    """Give the parameters of a request's handler by the names its code has for them."""
    handler = request.scope.get("route_handler")
    if handler is None:
        return {}
    return {
        field: Parameter(
            declared.kwarg_definition.name or field, tuple(_values(declared.annotation))
        )
        for field, declared in handler.parsed_fn_signature.parameters.items()
        if isinstance(declared.kwarg_definition, QueryParameter | HeaderParameter)
    }


def _values(annotation: Any) -> Iterator[str]:
    """List the values of every enumeration, and every literal text, within a type."""
    if isinstance(annotation, str):
        yield annotation
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        yield from (str(one.value) for one in annotation)
    for part in get_args(annotation):
        yield from _values(part)
