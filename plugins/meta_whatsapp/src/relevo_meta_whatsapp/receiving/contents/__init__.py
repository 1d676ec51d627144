"""From what a person sent to a typed content; what has another form is kept whole."""

from relevo_meta_whatsapp.receiving.contents.reading import read_content

__all__ = ["read_content"]
