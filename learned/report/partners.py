"""The handcrafted template that each kernel of a bank is nearest to."""

from __future__ import annotations

import numpy as np

from ...filters.arrays import Array
from ..matching.matches import BankMatch
from ..matching.shapes import shapes_of
from ..matching.templates import families


def partners_of(kernels: Array, match: BankMatch) -> Array:
    """The nearest template of each kernel's family, (n, height, width), zeros where there is none.

    kernels: (height, width, in, out), those that `match` is of. Templates are zero-mean, of unit
    length, and have the kernel's sign.

    >>> from ..kernel_bank import KernelBank
    >>> from ..matching.matching import match_bank
    >>> bank = KernelBank.from_names(["sobel-x"])
    >>> partner = partners_of(bank.kernels, match_bank(bank))[0]
    >>> (partner / partner.max() * 2).round(3).tolist()[1]
    [-2.0, 0.0, 2.0]
    """
    height, width, _, count = kernels.shape
    partners = np.zeros((count, height * width))
    rows = shapes_of(kernels).rows
    kinds = {kind.name: kind for kind in families(height, width)} if match.families else {}
    for kernel in match.kernels:
        if kernel.family:
            found = kinds[kernel.family].nearest(rows[kernel.index : kernel.index + 1])
            partners[kernel.index] = found.template[0]
    return partners.reshape(count, height, width)
