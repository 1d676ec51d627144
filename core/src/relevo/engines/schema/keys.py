"""Keys to the HTTP API and tickets to its event stream; what opens the door is not in them."""

from __future__ import annotations

from relevo.engines.schema.columns import JSON, MOMENT, NUMBER, WORD, index, may, must, table

api_key = table(
    "api_key",
    must("key_id", WORD, key=True),
    must("name", WORD),
    must("digest", WORD),
    must("scopes", JSON),
    may("accounts", JSON),
    may("rate", NUMBER),
    must("created_at", MOMENT),
    may("expires_at", MOMENT),
    may("revoked_at", MOMENT),
    may("last_used_at", MOMENT),
)

ticket = table(
    "ticket",
    must("digest", WORD, key=True),
    may("key_id", WORD),
    may("accounts", JSON),
    must("filters", JSON),
    must("created_at", MOMENT),
    must("expires_at", MOMENT),
)
index("ticket_by_end", ticket.c.expires_at)
