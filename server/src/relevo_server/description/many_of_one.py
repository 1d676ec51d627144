"""Tuples of any length in the description: so many of one kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args, get_origin

from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition


class ManyOfOne(OpenAPISchemaPlugin):
    """Describe `tuple[Button, ...]` by what is in it.

    Litestar (2.x) takes the dots of one with a limited length for a second kind that anything
    is of, so that nothing right is of exactly one kind any more.
    """

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Only for tuples of any length."""
        return get_origin(value) is tuple and get_args(value)[1:] == (...,)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """Describe it as Litestar would without the dots."""
        described: Schema
        if schema_creator.is_constrained_field(field_definition):
            of_one = replace(field_definition, inner_types=field_definition.inner_types[:1])
            described = schema_creator.for_constrained_field(of_one)
        else:
            described = schema_creator.for_object_type(field_definition)
        return described
