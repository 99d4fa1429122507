"""Least squares for many rows at the same time, where a part of the model is linear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ...filters.arrays import Array

Slopes: TypeAlias = Callable[[Array], Array]

_AT_ONCE = 250_000
_PRUNED_AFTER = 5
_STEPS = 30
_ROUGH, _FINE = 1e-4, 1e-10
_CALM = 3
_PARALLEL = {np.dtype(np.float32): 1e-3, np.dtype(np.float64): 1e-6}
"""A column this near to the other, beside its length, is rounding."""

_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Model:
    """The weighted sum of two functions of p parameters; the weights are the linear part.

    columns: takes parameters, (k, p), and gives the two functions, (k, taps) each, and their
    slopes: a function that takes the weights, (k, 2), and gives the derivatives of the weighted
    sum, (k, p, taps). low, high: (p,), the bounds of the parameters, -inf and inf for none.
    starts: (groups, each, p), where the search may begin: at the best of the best groups.
    """

    columns: Callable[[Array], tuple[Array, Array, Slopes]]
    low: Array
    high: Array
    starts: Array


@dataclass(frozen=True, eq=False)
class Fitted:
    """The best fits to n rows: parameters (n, p), amplitudes (n, 2), and R² (n,), from 0 to 1."""

    parameters: Array
    amplitudes: Array
    r2: Array


@dataclass(frozen=True, eq=False)
class _State:
    """k fits: what is left of each row, (k,), the amplitudes, and the normal equations."""

    left: Array
    amplitudes: Array
    squares: Array
    slopes: Array


def best_fits(rows: Array, model: Model, starts: int, kept: int) -> Fitted:
    """The fits with the largest R² to rows (n, taps), zero-mean and of unit length.

    The model has a free constant: it is fitted without its mean too. starts: how many a row
    begins with; kept: how many of them are followed to the end. Damped Gauss-Newton steps within
    the bounds; R² is that of the best end found, and there may be a better one.

    Source: variable projection, Golub and Pereyra, 1973, with Kaufman's Jacobian, 1975;
    damping as in Marquardt, 1963.
    """
    count, size = len(rows), len(model.low)
    begun = _coarse(rows, model, starts)
    starts = begun.shape[1]
    repeated = np.repeat(rows, starts, axis=0)
    ends, state = _descend(repeated, model, begun.reshape(count * starts, size), _PRUNED_AFTER, 0)
    left = state.left.reshape(count, starts)
    best = np.argsort(left, axis=1, kind="stable")[:, :kept]
    ends = np.take_along_axis(ends.reshape(count, starts, size), best[:, :, None], axis=1)
    kept = best.shape[1]
    repeated = np.repeat(rows, kept, axis=0)
    ends, state = _descend(repeated, model, ends.reshape(count * kept, size), _STEPS, _ROUGH)
    chosen = state.left.reshape(count, kept).argmin(axis=1) + np.arange(count) * kept
    ends, state = _descend(rows, model, ends[chosen], _STEPS, _FINE)
    return Fitted(ends, state.amplitudes, np.clip(1 - state.left, 0, 1))


def _coarse(rows: Array, model: Model, starts: int) -> Array:
    """Where each row begins: the best start of each of the best groups, (n, starts, p)."""
    groups, each, size = model.starts.shape
    scores = np.empty((len(rows), groups), np.float32)
    places = np.empty((len(rows), groups), np.intp)
    single = rows.astype(np.float32)
    step = max(1, _AT_ONCE // (each * max(rows.shape)))
    for first in range(0, groups, step):
        some = model.starts[first : first + step]
        one, two, _ = model.columns(some.reshape(-1, size).astype(np.float32))
        basis = _orthonormal(one, two).basis
        score = (single @ basis[:, 0].T) ** 2
        score += (single @ basis[:, 1].T) ** 2
        score = score.reshape(len(rows), len(some), each)
        place = score.argmax(axis=2)
        places[:, first : first + step] = place
        scores[:, first : first + step] = np.take_along_axis(score, place[:, :, None], 2)[:, :, 0]
    best = np.argsort(-scores, axis=1, kind="stable")[:, :starts]
    chosen: Array = model.starts[best, np.take_along_axis(places, best, axis=1)]
    return chosen


def _descend(
    rows: Array, model: Model, parameters: Array, steps: int, tolerance: float
) -> tuple[Array, _State]:
    """Where damped Gauss-Newton steps lead from the parameters, (k, p), and the state there."""
    at = parameters.copy()
    now = _state(rows, model, at)
    damping = np.full(len(at), 1e-2)
    calm = np.zeros(len(at), int)
    active = np.arange(len(at))
    for _ in range(steps):
        tried = _step(model, at[active], now.squares[active], now.slopes[active], damping[active])
        then = _state(rows[active], model, tried)
        gain = now.left[active] - then.left
        better = gain > 0
        moved = active[better]
        at[moved] = tried[better]
        for name in ("left", "amplitudes", "squares", "slopes"):
            getattr(now, name)[moved] = getattr(then, name)[better]
        factor = np.where(better, 0.2, 6.0)
        damping[active] = np.maximum(damping[active] * factor, 1e-7)
        calm[active] = np.where(gain > tolerance, 0, calm[active] + 1)
        active = active[calm[active] < _CALM]
        if not len(active):
            break
    return at, now


def _step(model: Model, at: Array, squares: Array, slopes: Array, damping: Array) -> Array:
    """One damped step; a parameter that would leave its bounds stays on them."""
    blocked = ((at <= model.low) & (slopes < 0)) | ((at >= model.high) & (slopes > 0))
    slopes = np.where(blocked, 0.0, slopes)
    squares = np.where(blocked[:, :, None] | blocked[:, None, :], 0.0, squares)
    ridge = damping[:, None] * np.einsum("kii->ki", squares) + 1e-9 + blocked
    damped = squares + ridge[:, :, None] * np.eye(at.shape[1])
    stepped = at + np.linalg.solve(damped, slopes[:, :, None])[:, :, 0]
    return np.asarray(np.clip(stepped, model.low, model.high))


def _state(rows: Array, model: Model, parameters: Array) -> _State:
    one, two, slopes_at = model.columns(parameters)
    made = _orthonormal(one, two)
    along = (made.basis[:, :2] @ rows[:, :, None])[:, :, 0]
    b = np.divide(along[:, 1], made.second, out=np.zeros(len(rows)), where=made.second > 0)
    rest = along[:, 0] - made.mixed * b
    a = np.divide(rest, made.first, out=np.zeros(len(rows)), where=made.first > 0)
    amplitudes = np.stack([a, b], axis=1)
    left = rows - (along[:, None, :] @ made.basis[:, :2])[:, 0]
    jacobian = slopes_at(amplitudes)
    # What the linear part can follow is no error; `left` is at right angles to it already.
    followed = jacobian @ made.basis.transpose(0, 2, 1)
    squares = jacobian @ jacobian.transpose(0, 2, 1) - followed @ followed.transpose(0, 2, 1)
    slopes = (jacobian @ left[:, :, None])[:, :, 0]
    return _State(_dot(left, left), amplitudes, squares, slopes)


@dataclass(frozen=True, eq=False)
class _Orthonormal:
    """Two columns without their mean, as an orthonormal basis, and what makes them again.

    basis: (k, 3, taps), the third is the constant. first · basis 0 is the first column,
    mixed · basis 0 + second · basis 1 the second; zeros for what is flat or there already.
    """

    basis: Array
    first: Array
    mixed: Array
    second: Array


def _orthonormal(one: Array, two: Array) -> _Orthonormal:
    taps = one.shape[1]
    basis = np.empty((len(one), 3, taps), one.dtype)
    basis[:, 2] = 1 / np.sqrt(taps)
    first = _unit(one, basis[:, 0], np.zeros(len(one), one.dtype))
    two = two - two.mean(axis=1, keepdims=True)
    mixed = _dot(basis[:, 0], two)
    least = _PARALLEL[one.dtype] * np.sqrt(_dot(two, two))
    second = _unit(two - mixed[:, None] * basis[:, 0], basis[:, 1], least)
    return _Orthonormal(basis, first, mixed, second)


def _unit(columns: Array, out: Array, least: Array) -> Array:
    """Writes the columns without their mean, at unit length, and gives their lengths.

    Zeros for a column no longer than `least`.
    """
    centred = columns - columns.mean(axis=1, keepdims=True)
    lengths = np.sqrt(_dot(centred, centred))
    lengths = np.where(lengths > np.maximum(least, _TINY), lengths, 0)
    factors = np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    np.multiply(centred, factors[:, None], out=out)
    return lengths


def _dot(a: Array, b: Array) -> Array:
    return np.asarray(np.einsum("kt,kt->k", a, b))
