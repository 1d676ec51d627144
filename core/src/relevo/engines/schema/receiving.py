"""What providers told us, as it came."""

from __future__ import annotations

from sqlalchemy import LargeBinary

from relevo.engines.schema.columns import JSON, MOMENT, NUMBER, WORD, index, may, must, table

webhook = table(
    "webhook",
    must("webhook_id", NUMBER, key=True),
    must("account", WORD),
    must("state", WORD),
    must("arrived_at", MOMENT),
    may("taken_until", MOMENT),
    may("taken_by", NUMBER),
    must("method", WORD),
    must("path", WORD),
    must("headers", JSON),
    must("query", JSON),
    # Last, for SQLite reads a row from its beginning, and bodies are long.
    must("body", LargeBinary()),
    counted=True,
)
index("webhook_pending", webhook.c.account, webhook.c.webhook_id, where="state = 'pending'")
index("webhook_by_account", webhook.c.account, webhook.c.webhook_id)

webhook_item = table(
    "webhook_item",
    must("account", WORD, key=True),
    must("key", WORD, key=True),
    must("webhook_id", NUMBER),
    must("state", WORD),
    may("raw", JSON),
    may("fault_code", WORD),
    may("fault_message", WORD),
    may("traceback", WORD),
    must("updated_at", MOMENT),
)
index("webhook_item_by_webhook", webhook_item.c.webhook_id)
index(
    "webhook_item_quarantined",
    webhook_item.c.account,
    webhook_item.c.webhook_id,
    where="state = 'quarantined'",
)
index(
    "webhook_item_discarded",
    webhook_item.c.account,
    webhook_item.c.webhook_id,
    where="state = 'discarded'",
)

echo = table(
    "echo",
    must("account", WORD, key=True),
    must("first_at", MOMENT),
    must("slowest", NUMBER),
)

outage = table(
    "outage",
    must("outage_id", NUMBER, key=True),
    must("began_at", MOMENT),
    must("ended_at", MOMENT),
    counted=True,
)
index("outage_by_end", outage.c.ended_at)
