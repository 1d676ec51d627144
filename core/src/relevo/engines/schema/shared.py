"""What all machines share: facts of the store, and how accounts are."""

from __future__ import annotations

from relevo.engines.schema.columns import JSON, MOMENT, WORD, may, must, table

meta = table("meta", must("name", WORD, key=True), must("value", WORD))

account = table(
    "account",
    must("account", WORD, key=True),
    may("full_at", MOMENT),
    may("blocked_until", MOMENT),
    may("paused_at", MOMENT),
    may("pause_error", JSON),
    may("fingerprint", WORD),
    may("health_json", JSON),
)
