"""The boundary for arrays: what comes in is validated and converted here, once."""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .errors import InputError

Array = NDArray[Any]
Taps = NDArray[np.float64]

ONE_THREAD = 2**18
"""Matrix products of at most so many multiplications are done on one thread by OpenBLAS. Threads
that wait for each other took four to ten times the processor time, and longer as well."""

_FILTERED_IN_FLOAT32 = ("?", "b", "B", "h", "H", "e", "f")


def working_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype in which values of `dtype` are filtered: float32 where that is exact, else float64.

    bool, 8- and 16-bit integers, float16 and float32 give float32; everything wider float64.

    Raises TypeError for what is not a real number (complex, strings, objects, dates).

    >>> working_dtype(np.dtype("uint16")), working_dtype(np.dtype("int64"))
    (dtype('float32'), dtype('float64'))
    """
    if dtype.kind not in "?biuf":
        raise TypeError(f"values must be real numbers, got dtype {dtype}")
    return np.dtype(np.float32 if dtype.char in _FILTERED_IN_FLOAT32 else np.float64)


def real_array(value: ArrayLike, name: str) -> Array:
    """`value` as a plain NumPy array of real numbers, in its own dtype and native byte order.

    Raises TypeError for masked arrays and for values that are not real numbers, InputError for
    ragged nested lists and for Dask arrays, which would be computed here: what takes them does so
    before. Nothing is copied unless the byte order asks for it.

    >>> real_array([[1, 2], [3, 4]], "image").shape
    (2, 2)
    """
    if is_lazy(value):
        kind = type(value).__name__
        raise InputError(f"{name} must be in memory here, got a Dask {kind}: compute it first")
    # Whoever has a masked array has loaded numpy.ma, which takes its time.
    if "numpy.ma" in sys.modules and isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} must not be a masked array: fill it or pass the mask by itself")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InputError(f"{name} must be a regular array: {error}") from error
    if array.dtype.kind not in "?biuf":
        raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return array


def is_lazy(value: object) -> bool:
    """Whether Dask has yet to compute `value`: its own array, or another library's with one inside.

    >>> is_lazy(np.ones(3))
    False
    """
    graph = getattr(value, "__dask_graph__", None)
    return graph is not None and not isinstance(value, type) and graph() is not None


def as_image(image: ArrayLike, name: str = "image") -> Array:
    """`image` as an array to compute with: (height, width) or (height, width, channels).

    Gives float32 or float64 (see `working_dtype`), native byte order, C-contiguous.
    The values are not scaled. The result may share memory with `image`: read it, never write it.

    Raises InputError for any other number of axes and for an empty image,
    TypeError for what does not hold real numbers.

    >>> as_image(np.zeros((2, 3), np.uint8)).dtype
    dtype('float32')
    """
    array = checked_image(image, name)
    return np.ascontiguousarray(array, dtype=working_dtype(array.dtype))


def checked_image(image: ArrayLike, name: str = "image") -> Array:
    """`image` in its own dtype, as it lies in memory: (height, width) or with channels.

    Native byte order. Raises what `as_image` raises.

    >>> checked_image([[1, 2]]).shape
    (1, 2)
    """
    array = real_array(image, name)
    if array.ndim not in (2, 3):
        raise InputError(
            f"{name} must be (height, width) or (height, width, channels), got shape {array.shape}"
        )
    if array.size == 0:
        raise InputError(f"{name} is empty: shape {array.shape}")
    return array


def alike(**given: ArrayLike) -> tuple[Array, ...]:
    """The arrays that are given by their names, to compute with: float32 or float64, of one shape.

    The dtype of each is that of `working_dtype`; what has it already is not copied. Raises
    InputError for unequal shapes and for no values, TypeError for what does not hold real numbers.

    >>> [array.dtype.name for array in alike(x=[1.5], y=np.array([2], np.uint8))]
    ['float64', 'float32']
    """
    arrays = [real_array(value, name) for name, value in given.items()]
    shapes = [array.shape for array in arrays]
    if len(set(shapes)) > 1 or 0 in shapes[0]:
        got = ", ".join(map(str, shapes))
        raise InputError(f"{' and '.join(given)} must be of one shape and hold values, got {got}")
    return tuple(np.asarray(array, working_dtype(array.dtype)) for array in arrays)


def full_scale_of(dtype: np.dtype[Any]) -> float:
    """The largest value that a picture of `dtype` is meant to hold: its white.

    255 for uint8, 65535 for uint16, the largest value of other integers, 1.0 for floats and bool.

    >>> full_scale_of(np.dtype("uint8")), full_scale_of(np.dtype("float32"))
    (255.0, 1.0)
    """
    return float(np.iinfo(dtype).max) if dtype.kind in "iu" else 1.0


def white_for(dtype: np.dtype[Any], full_scale: float | None) -> float:
    """The value of white: what is given, or what the dtype means.

    Raises InputError for a full scale that is not above zero.

    >>> white_for(np.dtype("uint8"), None), white_for(np.dtype("uint8"), 9.0)
    (255.0, 9.0)
    """
    return full_scale_of(dtype) if full_scale is None else positive(full_scale, "full_scale")


def dtype_of(value: DTypeLike, name: str) -> np.dtype[Any]:
    """The dtype that `value` stands for; TypeError where it stands for none.

    >>> dtype_of("uint16", "depth")
    dtype('uint16')
    """
    try:
        return np.dtype(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a dtype, got {value!r}") from None


def positive(value: float, name: str) -> float:
    """`value` as a finite float above zero, or InputError.

    >>> positive(2, "sigma")
    2.0
    """
    number = finite(value, name)
    if number <= 0:
        raise InputError(f"{name} must be greater than 0, got {value}")
    return number


def finite(value: float, name: str) -> float:
    """`value` as a finite float, or InputError.

    >>> finite(-1.5, "amount")
    -1.5
    """
    if not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:  # a whole number beyond every float
        number = np.inf
    if not np.isfinite(number):
        raise InputError(f"{name} must be finite, got {value}")
    return number


def whole(value: int, name: str, least: int = 1) -> int:
    """`value` as an int of at least `least`, or InputError (TypeError for what is no whole number).

    >>> whole(3, "size")
    3
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if value < least:
        raise InputError(f"{name} must be at least {least}, got {value}")
    return int(value)


def one_of(value: str, known: Collection[str], name: str) -> str:
    """`value`, where it is one of `known`; else InputError.

    >>> one_of("l2", ("l1", "l2"), "norm")
    'l2'
    """
    if not isinstance(value, str) or value not in known:
        raise InputError(f"{name} must be one of {', '.join(known)}, got {value!r}")
    return value


def flag(value: bool, name: str) -> bool:
    """`value`, where it is True or False; else TypeError: words such as "no" count as true.

    >>> flag(True, "relative")
    True
    """
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def pair(value: int | tuple[int, int], name: str) -> tuple[int, int]:
    """`value` as (along height, along width), each at least 1; one number stands for both.

    >>> pair(2, "stride"), pair((1, 3), "stride")
    ((2, 2), (1, 3))
    """
    if isinstance(value, tuple | list):
        if len(value) != 2:
            raise InputError(f"{name} must be one number or two, got {value}")
        return whole(value[0], name), whole(value[1], name)
    return whole(value, name), whole(value, name)
