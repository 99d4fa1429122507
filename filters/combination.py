"""How several responses become one, at each pixel of a strip."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import cv2
import numpy as np

from .arrays import Array
from .engine import Combine
from .engine.scratch import scratch

_SQUARED = {
    kind: (1e4 * float(np.finfo(kind).tiny) ** 0.5, 1e-4 * float(np.finfo(kind).max) ** 0.5)
    for kind in "fd"
}


def magnitude(responses: Sequence[Array], out: Array) -> None:
    """The Euclidean length of the responses at each pixel, written into `out`.

    >>> length = np.empty(1)
    >>> magnitude([np.array([3.0]), np.array([-4.0])], length)
    >>> length.tolist()
    [5.0]
    """
    if len(responses) == 2 and out.ndim == 2 and out.dtype == np.float32:
        # The last bit that OpenCV gives depends on where in memory the result begins.
        aligned = scratch(out.shape, out.dtype)
        np.copyto(out, cv2.magnitude(responses[0], responses[1], aligned))
    else:
        _root_of_squares(responses, out)
    smallest, largest = _SQUARED[out.dtype.char]
    # What is squared may be too large, or too small, for its dtype.
    if not smallest < cv2.norm(out.reshape(len(out), -1), cv2.NORM_INF) < largest:
        _length(responses, out)


def _length(responses: Sequence[Array], out: Array) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        np.hypot.reduce(list(responses), out=out)
    # Of NaN and infinity C's hypot makes infinity: what is not known stays so, whatever else is.
    for response in responses:
        np.copyto(out, np.nan, where=np.isnan(response))


def _root_of_squares(responses: Sequence[Array], out: Array) -> None:
    sum_of_squares(responses, out)
    np.sqrt(out, out=out)


def sum_of_squares(responses: Sequence[Array], out: Array) -> None:
    """The sum of the squared responses at each pixel, written into `out`.

    >>> square = np.empty(1)
    >>> sum_of_squares([np.array([3.0]), np.array([-4.0])], square)
    >>> square.tolist()
    [25.0]
    """
    square = scratch(out.shape, out.dtype)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        np.multiply(responses[0], responses[0], out=out)
        for response in responses[1:]:
            np.add(out, np.multiply(response, response, out=square), out=out)


def sum_of_magnitudes(responses: Sequence[Array], out: Array) -> None:
    """The sum of the responses' magnitudes at each pixel, written into `out`.

    >>> total = np.empty(1)
    >>> sum_of_magnitudes([np.array([3.0]), np.array([-4.0])], total)
    >>> total.tolist()
    [7.0]
    """
    here = scratch(out.shape, out.dtype)
    np.abs(responses[0], out=out)
    for response in responses[1:]:
        np.add(out, np.abs(response, out=here), out=out)


def largest(responses: Sequence[Array], out: Array) -> None:
    """The largest of the responses at each pixel, written into `out`.

    >>> most = np.empty(1)
    >>> largest([np.array([3.0]), np.array([-4.0])], most)
    >>> most.tolist()
    [3.0]
    """
    np.copyto(out, responses[0])
    for response in responses[1:]:
        np.maximum(out, response, out=out)


COMBINATIONS: MappingProxyType[str, Combine | None] = MappingProxyType(
    {"only": None, "magnitude": magnitude, "largest": largest}
)
"""How the responses of a filter's kernels become one: the only one there is, the length of the
vector that they make, or the largest of them."""
