"""Who has the store open."""

from __future__ import annotations

from relevo.engines.schema.columns import FLAG, MOMENT, NUMBER, WORD, must, table

process = table(
    "process",
    must("name", WORD, key=True),
    must("works", FLAG),
    must("receives", FLAG),
    must("started_at", MOMENT),
    must("seen_at", MOMENT),
    must("every_us", NUMBER),
)
