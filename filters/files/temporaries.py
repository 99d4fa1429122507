"""Temporary files: their names, who holds them, and clearing away those that nobody holds.

A file is written under a temporary name beside its place. Whatever goes wrong, it is taken away;
only a process that is killed outright (kill -9, power) leaves it. Its writer holds a lock on it as
long as it lives, and the system gives the lock back however it ends.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

_NAME = re.compile(r"\.filt-[0-9a-f]{16}\.tmp")
_OLD = 24 * 60 * 60.0  # seconds: no writer takes a day, where there are no locks to ask


def temporary_name() -> str:
    """A name that no other file has, short: the longest legal name and an ending is none.

    >>> bool(_NAME.fullmatch(temporary_name()))
    True
    """
    return f".filt-{os.urandom(8).hex()}.tmp"


if sys.platform == "win32":

    def hold(descriptor: int, *, wait: bool) -> bool | None:
        """None: there are no such locks here."""
        return None

else:
    import fcntl

    def hold(descriptor: int, *, wait: bool) -> bool | None:
        """Hold an open file until it is closed: True, or False where another process does.

        wait: until nobody else does. None where the file system has no locks.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        except OSError:
            return None
        return True


@lru_cache(maxsize=1024)
def clear_abandoned(folder: Path) -> None:
    """Remove the temporary files in `folder` whose writer is gone; once in a process.

    Only regular files with a name of `temporary_name`, on which nobody holds a lock; where the
    file system has no locks, those that are a day old. What cannot be removed is left.

    folder: an absolute path.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name):
                with suppress(OSError):
                    _remove_if_abandoned(Path(entry.path))


def _remove_if_abandoned(path: Path) -> None:
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return
        held = hold(descriptor, wait=False)
        is_old = time.time() - status.st_mtime > _OLD
        if held and sys.platform != "win32":
            path.unlink()  # while it is held: nobody begins to write into it meanwhile
            return
    finally:
        os.close(descriptor)
    if held is None and is_old:
        path.unlink()
