"""A vendor's own content in the description: it has fields that only the vendor knows."""

from __future__ import annotations

from typing import Any

from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.plugins.pydantic import PydanticSchemaPlugin
from litestar.typing import FieldDefinition

from relevo.contents import NativeContent


class OpenContents(OpenAPISchemaPlugin):
    """Say that a native content takes more fields than its type; Litestar would say nothing."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Only for native contents; all other models have their fields."""
        return value is NativeContent

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """Describe it as any model, and open."""
        schema = PydanticSchemaPlugin.for_pydantic_model(field_definition, schema_creator)
        schema.additional_properties = True
        return schema
