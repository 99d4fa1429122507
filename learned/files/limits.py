"""The bounds of model files: how much they may ask for, and how they appear in messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ...filters.errors import InputError, ModelError
from ...filters.files.disk import DamagedError, PathLike, display_path

LARGEST_FILE = 2 << 30
"""Bytes of a whole model file."""

LARGEST_UNPACKED = 512 << 20
"""Bytes that a packed member of an archive may unpack to."""

LARGEST_TENSOR = 256 << 20
"""Bytes of one array of weights."""

LARGEST_TEXT = 16 << 20
"""Bytes of a model's description in JSON."""

_LONGEST_NAME = 80
_NAMES = 12


def shown(name: object) -> str:
    r"""A name out of a file as a short piece of printable text.

    >>> shown("a\nb"), len(shown("x" * 500))
    ('a\\nb', 80)
    """
    text = display_path(str(name)[: _LONGEST_NAME + 1])
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


def listed(names: Iterable[object]) -> str:
    """Names one after the other, a long list cut short.

    >>> listed(["a", "b"]), listed([]), listed(range(20))[-13:]
    ('a, b', 'none', '11 and 8 more')
    """
    texts = [shown(name) for name in names]
    more = f" and {len(texts) - _NAMES} more" if len(texts) > _NAMES else ""
    return (", ".join(texts[:_NAMES]) or "none") + more


@contextmanager
def model_errors(path: PathLike) -> Iterator[None]:
    """Errors from inside, as messages that start with the path; damage of any kind as ModelError.

    >>> with model_errors("a.keras"):  # doctest: +IGNORE_EXCEPTION_DETAIL
    ...     raise ModelError("no convolution in it")
    Traceback (most recent call last):
        ...
    ModelError: a.keras: no convolution in it
    """
    name = display_path(path)
    try:
        yield
    except DamagedError:
        raise ModelError(f"{name}: truncated or corrupt") from None
    except (ModelError, InputError) as error:
        raise type(error)(f"{name}: {error}") from None
    except MemoryError:
        raise ModelError(f"{name}: not enough memory for this model") from None
