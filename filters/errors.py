"""The errors that filt raises: one family, so that a caller can catch them all."""

from __future__ import annotations


class FiltError(Exception):
    """Base of every error that filt raises on purpose.

    The message is one plain sentence part, lower case, without a full stop:
    the argument or file, the rule, and the value received.

    >>> issubclass(ReadError, FiltError) and issubclass(InputError, ValueError)
    True
    """


class InputError(FiltError, ValueError):
    """An argument breaks a documented rule (shape, range, name, combination)."""


class ReadError(FiltError, OSError):
    """A file cannot be read: missing, not a picture, damaged, or over a limit."""


class WriteError(FiltError, OSError):
    """A file cannot be written; what stood there before still stands."""


class ModelError(FiltError, ValueError):
    """A model or kernel bank file is damaged, unsafe, or holds no convolution."""
