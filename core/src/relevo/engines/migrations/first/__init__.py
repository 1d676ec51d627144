"""The tables of the first release, as they were then: nothing here changes any more.

A frozen copy of how `relevo.engines.schema` was, so that later changes there do
not change what revision 0001 made.
"""

from relevo.engines.migrations.first import files, reading, receiving, sending, threads
from relevo.engines.migrations.first.columns import tables

__all__ = ["files", "reading", "receiving", "sending", "tables", "threads"]
