"""What an OpenAPI document says, compared with what a client sends and reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

Schema = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
ANY = "any"


@dataclass(frozen=True)
class Document:
    """A schema's place in a document, so that references in it can be followed."""

    whole: Schema

    def operations(self) -> dict[str, Schema]:
        """Every operation under its method and path."""
        return {
            f"{method.upper()} {path}": item[method]
            for path, item in self.whole["paths"].items()
            for method in METHODS
            if method in item
        }

    def resolve(self, schema: Schema) -> Schema:
        """Follow references, and open what wraps one schema only."""
        while True:
            if "$ref" in schema:
                found: Any = self.whole
                for part in schema["$ref"].removeprefix("#/").split("/"):
                    found = found[part]
                schema = found
            elif len(schema.get("allOf", ())) == 1:
                schema = schema["allOf"][0]
            else:
                return schema

    def choices(self, schema: Schema) -> Iterator[Schema]:
        """Give what a schema lets through, one by one."""
        schema = self.resolve(schema)
        several = schema.get("anyOf") or schema.get("oneOf")
        if several:
            for one in several:
                yield from self.choices(one)
        elif isinstance(schema.get("type"), list):
            for one in schema["type"]:
                yield {**schema, "type": one}
        else:
            yield schema


def of_model(model: type[BaseModel]) -> tuple[Document, Schema]:
    """What a model reads, as a document of its own."""
    schema = model.model_json_schema(mode="validation", by_alias=True)
    return Document(schema), schema


def faults(
    served: tuple[Document, Schema], read: tuple[Document, Schema], where: str = "$", depth: int = 0
) -> Iterator[str]:
    """Name what the server may send and the client could not read."""
    served_in, read_in = served[0], read[0]
    mine = list(read_in.choices(read[1]))
    if any(_kind(one) == ANY for one in mine) or depth > 12:
        return
    for theirs in served_in.choices(served[1]):
        kind = _kind(theirs)
        fits = [one for one in mine if _reads(_kind(one), kind)]
        if not fits:
            yield f"{where}: the server may send {kind}, read are {sorted(map(_kind, mine))}"
        elif kind == "object":
            yield from _object_faults((served_in, theirs), read_in, fits, where, depth)
        elif kind == "array":
            items = (served_in, theirs.get("items", {})), (read_in, fits[0].get("items", {}))
            yield from faults(*items, f"{where}[]", depth + 1)
        elif "enum" in theirs and not any("enum" not in one and "const" not in one for one in fits):
            known = {word for one in fits for word in one.get("enum", [one.get("const")])}
            if left := set(theirs["enum"]) - known:
                yield f"{where}: no word for {sorted(left)}"


def _object_faults(
    served: tuple[Document, Schema],
    read_in: Document,
    fits: list[Schema],
    where: str,
    depth: int,
) -> Iterator[str]:
    named = [one for one in fits if one.get("properties")]
    told = served[1].get("properties")
    # Of several kinds of object, such as contents, the server's tests choose; of a map all fit.
    if len(named) != 1 or len(fits) != 1:
        return
    (model,) = named
    if not told:
        yield f"{where}: the server tells no fields"
        return
    for name, field in model["properties"].items():
        if name not in told:
            yield f"{where}.{name}: the server has no such field"
        else:
            yield from faults(
                (served[0], told[name]), (read_in, field), f"{where}.{name}", depth + 1
            )
    for name in set(model.get("required", ())) - set(served[1].get("required", ())):
        yield f"{where}.{name}: the server may leave it out"


def _kind(schema: Schema) -> str:
    if "type" not in schema:
        words = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
        return "string" if words and all(isinstance(one, str) for one in words) else ANY
    kind = str(schema["type"])
    if kind == "string" and schema.get("format") == "date-time":
        return "date-time"
    return kind


def _reads(mine: str, theirs: str) -> bool:
    wider = {"number": {"integer"}, "string": {"date-time"}}
    return mine in {ANY, theirs} or theirs in wider.get(mine, ())
