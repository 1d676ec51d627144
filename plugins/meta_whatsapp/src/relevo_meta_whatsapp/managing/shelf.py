"""The templates of an account as they were last told, each as long as it can be relied on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from pydantic import JsonValue

from relevo import AccountUpdate, ProviderEvent, Template
from relevo_meta_whatsapp.preferences import TemplateCategories

FRESH_S = 3600.0
"""For so long what was told is taken to be so."""
REFRESH_S = 900.0
"""So old it is asked for anew, long before it is no longer relied on."""
RETRY_S = 60.0
"""The soonest after the last question: news come in bursts, and Meta counts what it is asked."""
_NEWS = frozenset(
    {
        "message_template_status_update",
        "message_template_quality_update",
        "message_template_components_update",
        "template_category_update",
    }
)


class TemplateShelf:
    """Remember an account's templates.

    Args:
        categories: Learns each template's category; what it knows outlives the rest.
        clock: Tells seconds that only grow.
    """

    def __init__(
        self, categories: TemplateCategories, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._categories = categories
        self._clock = clock
        self._known: dict[tuple[str, str], Template] = {}
        self._filled_at: float | None = None
        self._asked_at: float | None = None
        self._doubtful: set[tuple[str, str]] = set()

    def find(self, name: str, language: str) -> Template | None:
        """Give a template that can be relied on; None where it is unknown, old or in doubt."""
        if self._age_s() > FRESH_S or (name, language) in self._doubtful:
            return None
        return self._known.get((name, language))

    def listed(self, max_age_s: float) -> Sequence[Template] | None:
        """Give the whole list if it is no older than that and no news put any of it in doubt."""
        if self._doubtful or self._age_s() > max_age_s:
            return None
        return list(self._known.values())

    def fill(self, templates: Iterable[Template]) -> None:
        """Take the whole list, just told."""
        self._known = {(one.name, one.language): one for one in templates}
        self._doubtful.clear()
        self._filled_at = self._asked_at = self._clock()
        for one in self._known.values():
            if one.category:
                self._categories.learn(one.name, one.language, one.category)

    def put(self, template: Template) -> None:
        """Take one that was just made: what Meta makes of it comes as news."""
        if template.category:
            self._categories.learn(template.name, template.language, template.category)
        self._doubtful.add((template.name, template.language))

    def drop(self, name: str) -> None:
        """Forget a template in all its languages."""
        self._doubtful |= {key for key in self._known if key[0] == name}

    def begin(self) -> bool:
        """Tell whether it is time to ask anew, and count that as asking."""
        now = self._clock()
        if self._asked_at is not None and now - self._asked_at < RETRY_S:
            return False
        if not self._doubtful and self._age_s() < REFRESH_S:
            return False
        self._asked_at = now
        return True

    def hear(self, events: Sequence[ProviderEvent]) -> None:
        """Put templates in doubt that news are about; learn a category at once.

        News can be old when they come, so they do not say how a template is now.
        """
        for event in events:
            if not isinstance(event, AccountUpdate) or event.kind not in _NEWS:
                continue
            news = event.raw if isinstance(event.raw, dict) else {}
            name = _word(news.get("message_template_name"))
            language = _word(news.get("message_template_language"))
            if not (name and language):
                continue
            self._doubtful.add((name, language))
            if category := _word(news.get("new_category")):
                self._categories.learn(name, language, category)

    def _age_s(self) -> float:
        return float("inf") if self._filled_at is None else self._clock() - self._filled_at


def _word(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None
