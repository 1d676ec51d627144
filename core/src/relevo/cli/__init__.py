"""The `relevo` command. Needs the extra `cli`; says so where it is missing."""

from __future__ import annotations

import sys
from typing import NoReturn

_EXTRA = frozenset({"cyclopts", "rich"})
_USAGE = 2


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    try:
        from relevo.cli.app import run  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        sys.stderr.write(
            f"relevo: the command line needs {error.name!r}, which is not installed. "
            "Install it: pip install 'relevo[cli]'\n"
        )
        sys.exit(_USAGE)
    sys.exit(run(sys.argv[1:]))
