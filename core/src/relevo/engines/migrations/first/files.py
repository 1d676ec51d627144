"""Files of both directions."""

from __future__ import annotations

from relevo.engines.migrations.first.columns import (
    JSON,
    MESSAGE_ID,
    MOMENT,
    NUMBER,
    WORD,
    make_index,
    make_table,
    may,
    must,
)

media = make_table(
    "media",
    must("media_id", MESSAGE_ID, key=True),
    must("direction", WORD),
    must("state", WORD),
    may("account", WORD),
    may("message_id", MESSAGE_ID),
    may("mime_type", WORD),
    may("filename", WORD),
    may("size", NUMBER),
    may("sha256", WORD),
    may("store_key", WORD),
    may("provider_media_id", WORD),
    must("attempts", NUMBER),
    may("next_at", MOMENT),
    may("deadline", MOMENT),
    may("error", JSON),
    must("created_at", MOMENT),
    must("updated_at", MOMENT),
)
make_index("media_by_due", media.c.account, media.c.next_at, where="next_at IS NOT NULL")
make_index("media_by_message", media.c.message_id, where="message_id IS NOT NULL")
make_index("media_by_state", media.c.state, media.c.created_at)
make_index("media_by_file", media.c.store_key, media.c.state, where="store_key IS NOT NULL")
make_index("media_leaving", media.c.media_id, where="state = 'gone' AND store_key IS NOT NULL")

media_upload = make_table(
    "media_upload",
    must("media_id", MESSAGE_ID, key=True),
    must("account", WORD, key=True),
    must("provider_media_id", WORD),
    may("expires_at", MOMENT),
)
