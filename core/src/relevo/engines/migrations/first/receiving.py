"""Webhooks as they came, their items, and when nobody took them in."""

from __future__ import annotations

from sqlalchemy import LargeBinary

from relevo.engines.migrations.first.columns import (
    JSON,
    MOMENT,
    NUMBER,
    WORD,
    make_index,
    make_table,
    may,
    must,
)

webhook = make_table(
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
make_index("webhook_pending", webhook.c.account, webhook.c.webhook_id, where="state = 'pending'")
make_index("webhook_by_account", webhook.c.account, webhook.c.webhook_id)

webhook_item = make_table(
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
make_index("webhook_item_by_webhook", webhook_item.c.webhook_id)
make_index(
    "webhook_item_quarantined",
    webhook_item.c.account,
    webhook_item.c.webhook_id,
    where="state = 'quarantined'",
)
make_index(
    "webhook_item_discarded",
    webhook_item.c.account,
    webhook_item.c.webhook_id,
    where="state = 'discarded'",
)

echo = make_table(
    "echo",
    must("account", WORD, key=True),
    must("first_at", MOMENT),
    must("slowest", NUMBER),
)

outage = make_table(
    "outage",
    must("outage_id", NUMBER, key=True),
    must("began_at", MOMENT),
    must("ended_at", MOMENT),
    counted=True,
)
make_index("outage_by_end", outage.c.ended_at)
