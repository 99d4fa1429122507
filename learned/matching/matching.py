"""Which handcrafted kernels learned ones are like, and how far chance alone would come.

The search is the same for the kernels, for the same kernels before training, and for the 200,000
untrained kernels of the null: the largest |cosine| with hundreds of zero-mean templates.

Templates lie on the centre. Shifted by a pixel each way as well they find more off-centre kernels
and fewer centred ones; the verdicts on the trained kernels that ship stay, and it takes nine times
as long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...filters.arrays import Array, whole
from ...filters.errors import InputError
from ..kernel_bank import KernelBank
from ..layer_use import LayerUse
from .matches import LEVEL, BankMatch, FamilyMatch, KernelMatch
from .null import Null, benjamini_hochberg, best_cosines, null_for
from .operators import LEAD, alike, identical, smoothing
from .shapes import Shapes, shapes_of
from .templates import LARGEST_SIDE, ROUND, Found, families
from .tuning import Tuning, tuning_of

_FAINT = 0.01
_RARE = 5
_MOST_SAMPLES = 10_000_000


@dataclass(frozen=True, eq=False)
class _Search:
    """All that the match of one kernel takes: what was searched, found, and left to chance."""

    bank: KernelBank
    shapes: Shapes
    tuning: Tuning
    flags: tuple[tuple[str, ...], ...]
    named: tuple[tuple[str, int], ...]
    samples: int
    found: dict[str, Found]
    families: tuple[tuple[FamilyMatch, ...], ...]
    is_oriented: Array
    before: dict[str, Array] | None
    p_values: Array
    q_values: Array
    family_p: Array


def match_bank(bank: KernelBank, *, samples: int | None = None) -> BankMatch:
    """What every kernel of a bank is like, each figure beside what chance gives.

    samples: how many untrained kernels make the null, None for `samples_for`; their seed is fixed,
    so that the same bank gives the same figures. Kernels are compared by their spatial shape:
    zero-mean, of unit length, and for several channels their first spatial singular vector.
    Kernels of 1×1 and with a side above 31 are not compared and have no family.

    Source: the null as in Phipson and Smyth, 2010; discoveries as in Benjamini and Hochberg, 1995.

    >>> match = match_bank(KernelBank.from_names(["sobel-x", "line-v", "laplacian"]))
    >>> [kernel.family for kernel in match.kernels]
    ['gradient', 'bar', 'centre-surround']
    """
    if not isinstance(bank, KernelBank):
        raise TypeError(f"bank must be of type KernelBank, got {type(bank).__name__}")
    if samples is not None and whole(samples, "samples") > _MOST_SAMPLES:
        raise InputError(f"samples must be at most {_MOST_SAMPLES}, got {samples}")
    height, width, channels, _ = bank.kernels.shape
    shapes = shapes_of(bank.kernels)
    tuning = tuning_of(shapes.rows, height, width)
    flags = _flags(bank, shapes)
    kinds = () if max(height, width) > LARGEST_SIDE else families(height, width)
    if not kinds:
        return _unmatched(bank, shapes, tuning, flags)
    null = null_for(height, width, channels, samples)
    found = {kind.name: kind.nearest(shapes.rows) for kind in kinds}
    p_values = null.p_of_best(np.max([one.cosine for one in found.values()], axis=0))
    tested = np.array([not flag for flag in flags])
    q_values = np.ones(len(bank))
    q_values[tested] = benjamini_hochberg(p_values[tested])
    before = None
    if bank.untrained is not None:
        before = best_cosines(shapes_of(bank.untrained).rows, height, width)
    matches = _family_matches(null, found)
    smallest = np.array([min(one.p for one in matched) for matched in matches])
    search = _Search(
        bank,
        shapes,
        tuning,
        flags,
        identical(bank.kernels),
        len(null.best),
        found,
        matches,
        tuning.selectivity > np.quantile(null.selectivity, 1 - LEVEL),
        before,
        p_values,
        q_values,
        null.p_of_smallest(smallest),
    )
    kernels = tuple(_match(search, index) for index in range(len(bank)))
    return BankMatch(
        bank=bank.name,
        kernels=kernels,
        counted=int(tested.sum()),
        non_random=sum(kernel.non_random for kernel in kernels),
        untrained_non_random=_discoveries(bank.untrained, null),
        random_labels_non_random=_discoveries(bank.random_labels, null),
        chance_median=float(np.quantile(null.best, 0.5)),
        chance_q95=float(np.quantile(null.best, 1 - LEVEL)),
        samples=len(null.best),
        families=tuple((kind.name, kind.count) for kind in kinds),
    )


def _match(search: _Search, index: int) -> KernelMatch:
    shapes, matches, before = search.shapes, search.families[index], search.before
    is_oriented = bool(search.is_oriented[index])
    chosen = _chosen(matches, search.samples, is_oriented)
    is_flat, flags = bool(shapes.is_flat[index]), search.flags[index]
    nearest = search.found[chosen.family]
    theta = float(nearest.theta[index])
    q = float(search.q_values[index])
    is_3x3 = search.bank.kernels.shape[:2] == (3, 3)
    is_slope = is_3x3 and chosen.family == "gradient" and not is_flat
    row = shapes.rows[index]
    name, sign = search.named[index]
    return KernelMatch(
        index=index,
        name=search.bank.names[index],
        family="" if is_flat else chosen.family,
        alike=alike(row) if is_slope else (),
        smoothing=smoothing(row) if is_slope else None,
        identical=name,
        identical_sign=sign,
        cosine=chosen.cosine,
        sign=int(nearest.sign[index]),
        theta=None if is_flat or math.isnan(theta) else theta,
        sigma=None if is_flat else float(nearest.sigma[index]),
        chance_median=chosen.chance_median,
        chance_q95=chosen.chance_q95,
        untrained=None if before is None else float(before[chosen.family][index]),
        best=max(match.cosine for match in matches),
        p=float(search.p_values[index]),
        q=q,
        non_random=not flags and q <= LEVEL,
        family_p=float(search.family_p[index]),
        direction=float(search.tuning.direction[index]) if is_oriented else None,
        flags=flags,
        families=matches,
        **_measured(search.bank, index, shapes, search.tuning),
    )


def _family_matches(null: Null, found: dict[str, Found]) -> tuple[tuple[FamilyMatch, ...], ...]:
    """The match of every kernel with every family."""
    columns = []
    for name, one in found.items():
        chance = null.quantile(name, 0.5), null.quantile(name, 1 - LEVEL)
        p_values = null.p_of(name, one.cosine)
        columns.append(
            [
                FamilyMatch(name, float(cosine), float(p), *chance)
                for cosine, p in zip(one.cosine, p_values, strict=True)
            ]
        )
    return tuple(zip(*columns, strict=True))


def _chosen(matches: tuple[FamilyMatch, ...], samples: int, is_oriented: bool) -> FamilyMatch:
    """The family with the smallest p; among equals the plainest that none leads by 0.03.

    p-values that rest on fewer than five untrained kernels are not told apart. Plainest is the
    centre-surround where the kernel chooses no direction, and last where it does.
    """
    settled = max(min(match.p for match in matches), _RARE / (samples + 1))
    equal = [match for match in matches if match.p <= settled]
    highest = max(match.cosine for match in equal)
    near = [match for match in equal if match.cosine > highest - LEAD]
    return min(near, key=lambda match: (match.family == ROUND) == is_oriented)


def _measured(bank: KernelBank, index: int, shapes: Shapes, tuning: Tuning) -> dict[str, float]:
    return {
        "selectivity": float(tuning.selectivity[index]),
        "frequency": float(tuning.frequency[index]),
        "sum": float(bank.kernels[..., index].sum(dtype=np.float64)),
        "dc_share": float(shapes.dc_share[index]),
        "separability": float(shapes.separability[index]),
    }


def _flags(bank: KernelBank, shapes: Shapes) -> tuple[tuple[str, ...], ...]:
    lengths = np.linalg.norm(bank.kernels.reshape(-1, len(bank)).astype(np.float64), axis=0)
    biases = np.zeros(len(bank)) if bank.bias is None else bank.bias
    marks = {
        "flat": shapes.is_flat,
        "faint": (lengths < _FAINT * lengths.max()) | (lengths == 0),
        "dead": [
            _is_dead(bank.kernels[..., n], float(bias), bank.use) for n, bias in enumerate(biases)
        ],
    }
    return tuple(
        tuple(word for word, marked in marks.items() if marked[n]) for n in range(len(bank))
    )


def _is_dead(taps: Array, bias: float, use: LayerUse) -> bool:
    """Whether no picture between black and white makes the response positive, under a ReLU."""
    if use.activation != "relu":
        return False
    shift, scale = (np.asarray(values) for values in (use.shifts, use.scales))
    ends = np.stack([(0 - shift) / scale, (1 - shift) / scale])
    low, high = ends.min(axis=0), ends.max(axis=0)
    if use.padding == "same":  # the zeros outside are seen too
        low, high = np.minimum(low, 0), np.maximum(high, 0)
    return float(np.maximum(taps * low, taps * high).sum(dtype=np.float64)) + bias <= 0


def _discoveries(kernels: Array | None, null: Null) -> int | None:
    """How many of the kernels are non-random, flat ones left out."""
    if kernels is None:
        return None
    shapes = shapes_of(kernels)
    rows = shapes.rows[~shapes.is_flat]
    if not len(rows):
        return 0
    cosines = best_cosines(rows, *kernels.shape[:2])
    p_values = null.p_of_best(np.max(list(cosines.values()), axis=0))
    return int((benjamini_hochberg(p_values) <= LEVEL).sum())


def _unmatched(
    bank: KernelBank, shapes: Shapes, tuning: Tuning, flags: tuple[tuple[str, ...], ...]
) -> BankMatch:
    kernels = tuple(
        KernelMatch(
            index=index,
            name=name,
            family="",
            alike=(),
            smoothing=None,
            identical="",
            identical_sign=1,
            cosine=0.0,
            sign=1,
            theta=None,
            sigma=None,
            chance_median=0.0,
            chance_q95=0.0,
            untrained=None,
            best=0.0,
            p=1.0,
            q=1.0,
            non_random=False,
            family_p=1.0,
            direction=None,
            **_measured(bank, index, shapes, tuning),
            flags=flags[index],
            families=(),
        )
        for index, name in enumerate(bank.names)
    )
    return BankMatch(bank.name, kernels, 0, 0, None, None, 0.0, 0.0, 0, ())
