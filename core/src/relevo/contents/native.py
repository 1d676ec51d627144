"""Contents that are one vendor's own, and what nobody has words for."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, JsonValue, TypeAdapter, ValidationError, model_validator

from relevo.contents.model import ContentModel

NATIVE_TYPE = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$"
_EXTRA: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


class NativeContent(ContentModel, frozen=True, extra="allow"):
    """Carry what only one vendor has; `type` is `<provider>.<kind>`.

    A plugin subclasses it with a `Literal` type, typed fields and
    `extra="forbid"`, and lists the class in `Provider.native_contents`. Once
    kept, such a content comes back as a plain `NativeContent` with its fields in
    `model_extra`; `Provider.native` makes the typed one of it again.
    """

    # Said twice, because not every maker of schemas reads patterns of pydantic's.
    type: str = Field(
        pattern=NATIVE_TYPE, max_length=128, json_schema_extra={"pattern": NATIVE_TYPE}
    )

    @model_validator(mode="after")
    def _check_json(self) -> Self:
        is_json = True
        try:
            _EXTRA.validate_python(self.model_extra or {})
        except ValidationError:
            is_json = False
        if not is_json:
            msg = "its fields have to be JSON"
            raise ValueError(msg)
        return self

    @property
    def vendor(self) -> str:
        """The name of the provider that has it."""
        return self.type.partition(".")[0]


class OtherContent(ContentModel, frozen=True):
    """Carry inbound content of a kind Relevo has no words for, whole.

    `kind` is the provider's own word; `payload` its object.
    """

    type: Literal["other"] = "other"
    kind: str
    payload: JsonValue = None
