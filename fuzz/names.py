"""Names to begin with: every filter, its parameters, pipelines, banks, taps, and near misses."""

from __future__ import annotations

from functools import cache

from filt.filters.catalogue import ALIASES
from filt.filters.grammar import parameters_text
from filt.filters.registry import FILTERS

_OTHERS = (
    "gaussian:sigma=2+sobel",
    "canny:sigma=1.4,low=0.05,high=0.15,auto=otsu,relative=yes",
    "gabor:theta=45,wavelength=8+box-blur:size=5",
    "learned:7",
    "learned",
    "learned-fashion:0+sobel",
    "model.keras:3",
    "./folder/bank.npz:0",
    "taps:[[1,0,-1],[2,0,-2],[1,0,-1]]",
    "taps:[[1e3]]+box",
    "taps:mine.npy",
    " SOBEL-X : ",
    "sobl-x",
    "box:size=1e9",
    "gaussian:sigma=nan",
    "gaussian:sigma=-1,sigma=2",
    "box:size=٣",
)


@cache
def names() -> tuple[bytes, ...]:
    """The seeds, as UTF-8.

    >>> b"sobel" in names()
    True
    """
    with_parameters = [
        f"{name}:{parameters_text(recipe.parameters)}"
        for name, recipe in FILTERS.items()
        if recipe.parameters
    ]
    return tuple(text.encode() for text in (*FILTERS, *ALIASES, *with_parameters, *_OTHERS))
