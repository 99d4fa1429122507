"""Every edge method, handcrafted or learned, for pictures larger than memory."""

from __future__ import annotations

from types import MappingProxyType

from ..filters.edges.streamed import STREAMED, StreamedMethod
from .edge_method import streamed_network
from .shipped import NETWORK

STREAMED_METHODS: MappingProxyType[str, StreamedMethod] = MappingProxyType(
    {**STREAMED, NETWORK: streamed_network}
)
"""Every method of `EDGE_METHODS`, for pictures larger than memory."""
