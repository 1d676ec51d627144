"""What Meta would surely refuse, refused before it is kept. Pure.

What Meta might take goes through: where its pages disagree, the larger limit counts.
"""

from relevo_meta_whatsapp.checking.message import check_message

__all__ = ["check_message"]
