"""Keras, imported when asked for and without its chatter."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..filters.errors import FiltError

INSTALL = 'TensorFlow is not installed: pip install "filt[learned]"'


def load_keras() -> Any:
    """Keras, imported without TensorFlow's chatter reaching the terminal.

    Raises FiltError, with the way to install it, where Keras or TensorFlow is missing.
    """
    if "keras" in sys.modules:
        return sys.modules["keras"]
    # Not every message heeds the level, so standard error is led away as well.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with _without_standard_error():
            import keras

            keras.ops.zeros(1)
    except ImportError:
        raise FiltError(INSTALL) from None
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    return keras


@contextmanager
def _without_standard_error() -> Iterator[None]:
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # the process has none
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(null)
        os.close(kept)
