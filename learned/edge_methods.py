"""Every edge method by its name, handcrafted and learned."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from numpy.typing import ArrayLike

from ..filters.edges.methods import METHODS, EdgeMethod, Setting, method_of
from ..filters.edges.stages import EdgeStages
from .edge_method import edge_method
from .shipped import NETWORK

EDGE_METHODS: MappingProxyType[str, EdgeMethod] = MappingProxyType(
    {**METHODS, NETWORK: edge_method()}
)
"""Every edge method: what `filt edges --method` takes."""


def edge_setting(method: str, **given: Any) -> Setting:
    """The setting with which a method is run: what is given and not None, else its defaults.

    given: fields of `Setting`. Raises InputError for an unknown method and what `Setting` raises.

    >>> edge_setting("learned-edges", low=0.1).low, edge_setting("canny", low=None).low
    (0.1, 0.03)
    """
    return method_of(method, EDGE_METHODS).setting(**given)


def find_edges(image: ArrayLike, method: str, **given: Any) -> EdgeStages:
    """What any method of `EDGE_METHODS` finds in an image; see `edge_setting` for `given`.

    >>> import numpy as np
    >>> find_edges(np.eye(16), "learned-edges").soft.shape
    (16, 16)
    """
    setting = edge_setting(method, **given)
    return method_of(method, EDGE_METHODS).find(image, setting)
