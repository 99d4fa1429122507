"""How near the kernels of a bank came to handcrafted ones, from untrained to trained."""

from __future__ import annotations

import numpy as np

from ...filters.arrays import Array
from ..kernel_bank import KernelBank
from .matches import BankMatch
from .null import best_cosines
from .shapes import shapes_of

UNTRAINED, TRAINED, RANDOM_LABELS = "untrained", "trained", "random labels"
"""What the times are called that are not an epoch."""


def best_by_epoch(bank: KernelBank, match: BankMatch) -> dict[str, Array]:
    """The largest |cosine| of every kernel over all families, at each time in order.

    match: of this bank. The times are those that the bank keeps: "untrained"; "epoch 1" and so on,
    or "trained" where it keeps no epochs; "random labels". Each has (n,) cosines from 0 to 1, NaN
    for a flat kernel. Nothing where kernels of this size are not compared.

    >>> from .matching import match_bank
    >>> bank = KernelBank.from_names(["sobel-x"])
    >>> best = best_by_epoch(bank, match_bank(bank))
    >>> {time: cosines.round(3).tolist() for time, cosines in best.items()}
    {'trained': [1.0]}
    """
    if not match.families:
        return {}
    times = {} if bank.untrained is None else {UNTRAINED: bank.untrained}
    if bank.epochs is None or not len(bank.epochs):
        times[TRAINED] = bank.kernels
    else:
        times |= {f"epoch {n}": kernels for n, kernels in enumerate(bank.epochs, start=1)}
    if bank.random_labels is not None:
        times[RANDOM_LABELS] = bank.random_labels
    return {name: _largest(kernels) for name, kernels in times.items()}


def _largest(kernels: Array) -> Array:
    shapes = shapes_of(kernels)
    cosines = best_cosines(shapes.rows, *kernels.shape[:2])
    return np.where(shapes.is_flat, np.nan, np.max(list(cosines.values()), axis=0))
