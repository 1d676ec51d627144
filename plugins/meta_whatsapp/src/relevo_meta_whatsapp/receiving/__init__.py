"""What Meta's webhooks tell: from bytes to items, from an item to events. Pure."""

from relevo_meta_whatsapp.receiving.owners import Owner
from relevo_meta_whatsapp.receiving.parsing import owns, parse
from relevo_meta_whatsapp.receiving.splitting import split

__all__ = ["Owner", "owns", "parse", "split"]
