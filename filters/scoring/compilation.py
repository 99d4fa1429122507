"""Functions that are compiled the first time they are needed, by numba."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from ..errors import FiltError

INSTALL = 'numba is not installed: pip install "filt[score]"'


@cache
def compiled(function: Callable[..., Any], signature: str) -> Callable[..., Any]:
    """`function` as machine code that runs without Python's lock.

    function: of a module, calling nothing but NumPy. signature: its types as numba writes them.
    The code is kept beside the module or in the user's cache, where one of them can be written.
    Raises FiltError, with the way to install it, where numba is missing.
    """
    try:
        import numba
    except ImportError:
        raise FiltError(INSTALL) from None
    try:
        fast: Callable[..., Any] = numba.njit(signature, nogil=True, cache=True)(function)
    except (OSError, RuntimeError):  # nowhere to keep it
        fast = numba.njit(signature, nogil=True)(function)
    return fast
