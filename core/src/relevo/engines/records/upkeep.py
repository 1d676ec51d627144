"""How long things are kept, and what was removed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept, in seconds; None: for ever.

    Args:
        events_s: Events; readers below what is left are told of a gap.
        webhooks_s: Raw webhooks that were applied, and what tells their repetitions.
        contents_s: What closed messages said, and providers' raw answers.
        media_s: Files.
    """

    events_s: float | None = None
    webhooks_s: float | None = None
    contents_s: float | None = None
    media_s: float | None = None


@dataclass(frozen=True, slots=True)
class Purged:
    """How much one round of tidying removed. `more` tells that another round has work."""

    events: int = 0
    webhooks: int = 0
    contents: int = 0
    keys: int = 0
    """Idempotency keys; those to the API stay."""
    lanes: int = 0
    shelved: int = 0
    """Statuses that nobody claimed for a day; they became events of their own."""
    expired: int = 0
    """Messages whose time was over where no claim looks."""
    media: int = 0
    """Files that are no longer kept."""
    more: bool = False

    def plus(self, other: Purged) -> Purged:
        """Add another round; `more` is the other's."""
        return Purged(
            events=self.events + other.events,
            webhooks=self.webhooks + other.webhooks,
            contents=self.contents + other.contents,
            keys=self.keys + other.keys,
            lanes=self.lanes + other.lanes,
            shelved=self.shelved + other.shelved,
            expired=self.expired + other.expired,
            media=self.media + other.media,
            more=other.more,
        )
