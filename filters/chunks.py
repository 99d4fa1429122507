"""Dask arrays beside NumPy's: a function that is given one hands it to its other form.

That form gives a Dask array, lazily. It stands above the function, and is found by its name when a
Dask array comes, so that nothing else ever loads Dask.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import MappingProxyType
from typing import ParamSpec, TypeVar, cast

from .arrays import is_lazy

P = ParamSpec("P")
R = TypeVar("R")

_FILTERS, _POOLING = "dask_filters", "dask_pooling"
_SLOPES, _EDGES = "edges.dask_slopes", "edges.dask_edges"

HOMES: MappingProxyType[str, str] = MappingProxyType(
    {
        "Filter.respond": _FILTERS,
        "average_pool": _POOLING,
        "convolve": _FILTERS,
        "convolve1d": _FILTERS,
        "correlate": _FILTERS,
        "correlate1d": _FILTERS,
        "correlate_bank": _FILTERS,
        "depth_average_pool": _POOLING,
        "depth_max_pool": _POOLING,
        "global_average_pool": _POOLING,
        "global_max_pool": _POOLING,
        "l2_pool": _POOLING,
        "likeness": _FILTERS,
        "luma": _FILTERS,
        "max_pool": _POOLING,
        "to_picture": _FILTERS,
        "EdgeFilter.respond": _EDGES,
        "Pipeline.respond": "dask_pipeline",
        "canny": _EDGES,
        "canny_opencv": _EDGES,
        "gaussian_derivative": _SLOPES,
        "gradient": _SLOPES,
        "gradient_polar": _SLOPES,
        "link": _EDGES,
        "steered": _SLOPES,
        "steered_second": _SLOPES,
        "structure_tensor": _SLOPES,
        "thin": _SLOPES,
        "zero_crossings": _SLOPES,
    }
)
"""Where the form of a function is that takes Dask arrays; it has the function's own arguments."""


def takes_dask(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, which with a Dask array among its arguments is its form of `HOMES`.

    >>> takes_dask(lambda image: image.sum())([[1, 2]] and __import__("numpy").ones(3)).item()
    3.0
    """

    @wraps(function)
    def either(*args: P.args, **named: P.kwargs) -> R:
        for value in args:
            if is_lazy(value):
                return _form_of(function)(*args, **named)
        for value in named.values():
            if is_lazy(value):
                return _form_of(function)(*args, **named)
        return function(*args, **named)

    return either


def _form_of(function: Callable[P, R]) -> Callable[P, R]:
    module = import_module(f".{HOMES[function.__qualname__]}", __package__)
    return cast(Callable[P, R], getattr(module, function.__name__))
