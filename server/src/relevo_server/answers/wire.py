"""JSON on the wire: written here, so that no application's own settings change its shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from litestar import MediaType, Response
from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    model_serializer,
)
from pydantic_core import PydanticSerializationError

from relevo.engines.json_text import json_text

RowT = TypeVar("RowT")
_ANY: TypeAdapter[Any] = TypeAdapter(Any)


class Row(BaseModel):
    """An answer, or a part of one. An optional member without a value is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_serializer(mode="wrap")
    def _leave_out_empty(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields = type(self).model_fields
        written: dict[str, Any] = write(self)
        return {
            name: value
            for name, value in written.items()
            if value is not None or fields[name].is_required()
        }


def json_response(
    row: RowT, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response[RowT]:
    """Answer with a row as JSON; without a status, with the handler's own."""
    return Response(
        # The bytes of the row stand for it; Litestar sends bytes as they are.
        cast("RowT", row if isinstance(row, bytes) else _written(row)),
        status_code=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type=MediaType.JSON,
    )


def _written(row: object) -> bytes:
    try:
        return _ANY.dump_json(row)
    except PydanticSerializationError:
        # Half of a surrogate pair: JSON can carry it, UTF-8 cannot, and not every store mends it.
        return json_text(_ANY.dump_python(row, mode="json")).encode()
