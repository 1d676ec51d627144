"""One process has the file: whoever holds the lock beside it."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from relevo.errors import EngineUnavailable

OWNER_ONLY = 0o600
"""What people wrote stands in the file: nobody else on the machine reads it."""


def take_lock(path: Path) -> FileLock:
    """Let nobody else open the file until the lock is released.

    Raises:
        EngineUnavailable: Another process has it, or its folder cannot hold the lock.
    """
    if not path.parent.is_dir():
        msg = f"The store {path} has no folder to be in; make {path.parent} first."
        raise EngineUnavailable(msg)
    where = path.with_name(f"{path.name}.lock")
    lock = FileLock(where, timeout=0, thread_local=False, mode=OWNER_ONLY)
    try:
        lock.acquire()
    except Timeout as error:
        msg = (
            f"The store {path} is in use by another Relevo engine (it holds {where.name}). "
            "Stop that one, or give this one a file of its own."
        )
        raise EngineUnavailable(msg) from error
    except OSError as error:
        msg = (
            f"The store {path} cannot be locked ({error.strerror}). "
            "Check that its folder exists and may be written."
        )
        raise EngineUnavailable(msg) from error
    return lock


def is_locked(path: Path) -> bool:
    """Tell whether a process has the file.

    Raises:
        EngineUnavailable: That cannot be told.
    """
    where = path.with_name(f"{path.name}.lock")
    if not where.exists():
        return False
    lock = FileLock(where, timeout=0)
    try:
        with lock:
            return False
    except Timeout:
        return True
    except OSError as error:
        msg = f"The store {path} cannot be locked ({error.strerror}). Check the rights of {where}."
        raise EngineUnavailable(msg) from error
