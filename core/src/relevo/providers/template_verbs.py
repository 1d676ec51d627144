"""What a provider can do with templates: list, create, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from relevo.providers.refusing import Refusing
from relevo.providers.told import Template


class TemplateVerbs(Refusing):
    """Keep templates at the vendor; refused until written.

    All raise a `SendError` where the vendor did not do it.
    """

    async def list_templates(
        self, *, name: str | None = None, language: str | None = None, max_age_s: float = 0
    ) -> Sequence[Template]:
        """Give the vendor's templates, all pages: all, or those of a name or a language.

        What was asked within `max_age_s` may be given again; `Template.seen_at` tells.
        """
        del name, language, max_age_s
        self._refuse("list of templates")

    async def create_template(self, definition: Mapping[str, JsonValue]) -> Template:
        """Ask the vendor to approve a template, defined in its own words."""
        del definition
        self._refuse("way to create templates")

    async def delete_template(self, name: str) -> None:
        """Delete a template, in all its languages."""
        del name
        self._refuse("way to delete templates")

    async def refresh_templates(self) -> None:
        """Learn anew what `check_message` and `preference_of` know of templates, if it is time.

        Core calls it about every minute wherever messages are accepted. Default: learns nothing.
        """

    @property
    def has_templates(self) -> bool:
        """Whether the class wrote all three."""
        written = type(self)
        return (
            written.list_templates is not TemplateVerbs.list_templates
            and written.create_template is not TemplateVerbs.create_template
            and written.delete_template is not TemplateVerbs.delete_template
        )
