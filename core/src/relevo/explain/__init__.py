"""Say why a message is where it is, what happens next, and when. Pure."""

from relevo.explain.explanation import Explanation
from relevo.explain.telling import explain

__all__ = ["Explanation", "explain"]
