"""Textures for generated leaves: what happens inside a thing and is no boundary."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ...filters.arrays import Array

STRIPES = 6
"""The kind that has no field of its own."""

BENDS = 2
"""The field that bends stripes."""


def texture_fields(random: np.random.Generator, size: int, kinds: Array) -> dict[int, Array]:
    """The textures of `kinds`, each (2 size, 2 size) in float32: mean 0, deviation about 1.

    kinds: whole numbers, 0 to 2 for clouds from rough to soft, 3 for grain, 4 for spots, 5 for
    gravel, `STRIPES` for what is drawn leaf by leaf and bent by the field `BENDS`. What is not
    asked for is neither made nor drawn from `random`.

    >>> fields = texture_fields(np.random.default_rng(0), 8, np.array([3, STRIPES]))
    >>> sorted(fields), fields[3].shape
    ([2, 3], (16, 16))
    """
    makers: tuple[Callable[[], Array], ...] = (
        lambda: _clouds(random, size, 0.4),
        lambda: _clouds(random, size, 0.7),
        lambda: _clouds(random, size, 1.0),
        lambda: _grain(random, size),
        lambda: _spots(random, size),
        lambda: _gravel(random, size),
    )
    needed = set(kinds.tolist())
    needed = (needed | {BENDS}) - {STRIPES} if STRIPES in needed else needed
    return {kind: _twice(makers[kind]()) for kind in sorted(needed)}


def _twice(field: Array) -> Array:
    larger: Array = cv2.resize(field, (2 * field.shape[1], 2 * field.shape[0]))
    return larger


def _clouds(random: np.random.Generator, size: int, falling: float) -> Array:
    """Noise in octaves: each twice as coarse as the last and 2 to the `falling` as strong."""
    sizes = [size]
    while sizes[-1] > 6:
        sizes.append((sizes[-1] + 1) // 2)
    clouds: Array = random.standard_normal((sizes[-1],) * 2, dtype=np.float32)
    variance, weight = 1.0, 1.0
    for larger in sizes[-2::-1]:
        weight /= 2**falling
        variance += weight * weight
        finer = random.standard_normal((larger, larger), dtype=np.float32)
        clouds = cv2.resize(clouds, (larger, larger), interpolation=cv2.INTER_CUBIC)
        clouds = clouds + finer * np.float32(weight)
    return clouds * np.float32((0.7 * variance) ** -0.5)


def _grain(random: np.random.Generator, size: int) -> Array:
    noise = random.standard_normal((size, size), dtype=np.float32)
    grain = cv2.GaussianBlur(noise, (0, 0), random.uniform(0.4, 1.2))
    evened: Array = grain / np.float32(max(grain.std(), 1e-6))
    return evened


def _spots(random: np.random.Generator, size: int) -> Array:
    noise = random.standard_normal((size, size), dtype=np.float32)
    coarse = cv2.GaussianBlur(noise, (0, 0), float(np.exp(random.uniform(0, 1.4))))
    coarse = coarse * np.float32(6 / max(coarse.std(), 1e-6))
    spots: Array = np.tanh(coarse - np.float32(5)) * np.float32(1.2) + np.float32(0.8)
    return spots


def _gravel(random: np.random.Generator, size: int) -> Array:
    """Dead leaves too small to be things: a texture that has edges of its own."""
    field = np.zeros((size, size), np.float32)
    largest = float(np.exp(random.uniform(np.log(2), np.log(12))))
    many = min(size * size // 64, int(4 * (size / largest) ** 2))
    places = random.integers(0, size, (many, 2)).tolist()
    axes = np.rint(largest * random.uniform(0.3, 1.0, (many, 2))).astype(int).tolist()
    turns = random.uniform(0, 180, many).tolist()
    shades = random.standard_normal(many).tolist()
    for place, axis, turn, shade in zip(places, axes, turns, shades, strict=True):
        cv2.ellipse(field, place, axis, turn, 0, 360, shade, cv2.FILLED)
    return field
