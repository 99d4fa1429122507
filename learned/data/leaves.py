"""Dead leaves: generated pictures of overlapping things, with the exact lines between them.

The model: shapes of power-law sizes fall one on another, as leaves do, and hide what they fall on
(A. B. Lee, D. Mumford and J. Huang, Occlusion models for natural images, 2001). Its statistics are
those of photographs. Here every leaf also has a texture and a shading, things near and far are out
of focus, some cast shadows, and a camera adds its noise and its compression: all that a detector
of boundaries must not take for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...filters.arrays import Array
from ...filters.errors import InputError
from .textures import BENDS, STRIPES, texture_fields

Picture = NDArray[np.uint8]
Boundaries = NDArray[np.bool_]

_SAMPLES = 2
_CORNERS = 48
_SUBPIXEL = 4
_LARGEST_SIZE = 1024
_ANGLES = np.arange(_CORNERS) * (2 * np.pi / _CORNERS)


@dataclass(frozen=True)
class Scenery:
    """What the pictures are like. Lengths are in pixels of the picture.

    leaves: the fewest and the most of them on 96×96 pixels. radii: smallest and largest; the share
    of radii near r falls as r to the minus `steepness`. texture, shading: the mean contrast of
    what happens inside a leaf, on a scale where black to white is 1. defocus: the largest sigma of
    what is out of focus; lens: the least and the greatest sigma of all the picture. noise: the
    largest sigma of the sensor's. shadow, compressed: the share of layers that cast a shadow and
    of pictures that went through JPEG.
    """

    leaves: tuple[int, int] = (3, 28)
    radii: tuple[float, float] = (8.5, 90.0)
    steepness: float = 1.95
    texture: float = 0.17
    shading: float = 0.10
    defocus: float = 2.5
    lens: tuple[float, float] = (0.4, 1.1)
    noise: float = 0.05
    shadow: float = 0.3
    compressed: float = 0.4


DEFAULT_SCENERY = Scenery()


@dataclass(frozen=True, eq=False)
class _Leaves:
    """All leaves of one picture, back to front; the first is the ground and has no outline."""

    outlines: Array
    centres: Array
    radii: Array
    colours: Array
    tints: Array
    slopes: Array
    bulge: Array
    contrast: Array
    kinds: Array
    flips: Array
    waves: Array


def leaves(
    seed: int | tuple[int, ...], size: int = 96, scenery: Scenery = DEFAULT_SCENERY
) -> tuple[Picture, Boundaries]:
    """One generated picture and the pixels on the lines between its leaves.

    seed: a number or several, each 0 or more. size: height and width in pixels, 8 to 1024.
    Gives (size, size, 3) RGB in uint8 and (size, size) in bool. A pixel is on a boundary where the
    leaf in front changes inside it or right after it, to the right or below; what changes inside a
    leaf, its texture, shading and shadows, never counts. The same arguments give the same bits, in
    any number of threads; another machine's OpenCV may round differently.
    Raises InputError for a size out of range and a negative seed.
    Source: Lee, Mumford and Huang, 2001.

    >>> picture, boundaries = leaves(7, size=32)
    >>> picture.shape, picture.dtype, boundaries.shape, boundaries.dtype
    ((32, 32, 3), dtype('uint8'), (32, 32), dtype('bool'))
    """
    if not 8 <= size <= _LARGEST_SIZE:
        raise InputError(f"size must be 8 to {_LARGEST_SIZE} pixels, got {size}")
    numbers = seed if isinstance(seed, tuple) else (seed,)
    if not numbers or min(numbers) < 0:
        raise InputError(f"seed must be 0 or more, got {seed}")
    random = np.random.Generator(np.random.PCG64(numbers))
    fine = size * _SAMPLES
    fallen = _fallen(random, size, scenery)
    fields = texture_fields(random, size, fallen.kinds)
    picture, front = _composed(random, fallen, fields, fine, scenery)
    return _photographed(random, picture, size, scenery), _lines(front)


def batches(
    seed: int,
    count: int,
    size: int = 96,
    scenery: Scenery = DEFAULT_SCENERY,
    *,
    first: int = 0,
    random_labels: bool = False,
) -> Iterator[tuple[Picture, Boundaries]]:
    """Batches of generated pictures without end: (count, size, size, 3) and (count, size, size).

    Item k of batch b is `leaves((seed, b * count + k), size, scenery)`, whatever came before: so
    `first`, the number of the first batch, takes up where another run stopped. random_labels: each
    picture gets the boundaries of the next one in its batch (the last those of the first), the
    control run in which there is nothing to learn but how often and how lines run.
    Raises InputError as `leaves`, for a count under 1 (under 2 with random_labels: there must be
    another picture) and for a negative `first`.

    >>> pictures, boundaries = next(batches(0, count=2, size=16, first=3))
    >>> bool((pictures[1] == leaves((0, 7), size=16)[0]).all())
    True
    """
    if count < 1 + random_labels:
        raise InputError(f"count must be {1 + random_labels} or more, got {count}")
    if first < 0:
        raise InputError(f"first must be 0 or more, got {first}")
    number = first * count
    while True:
        made = [leaves((seed, number + item), size, scenery) for item in range(count)]
        pictures = np.stack([picture for picture, _ in made])
        boundaries = np.stack([boundary for _, boundary in made])
        yield pictures, (np.roll(boundaries, -1, axis=0) if random_labels else boundaries)
        number += count


def _fallen(random: np.random.Generator, size: int, scenery: Scenery) -> _Leaves:
    fewest, most = scenery.leaves
    # Fewer more often: a picture of a few large things is as usual as a crowded one.
    many = fewest + int((most - fewest + 1) * random.random() ** 1.5)
    many = 1 + max(1, round(many * (size / 96) ** 1.5))
    smallest, largest = scenery.radii
    power = 1 - scenery.steepness
    radii = smallest**power + random.random(many) * (largest**power - smallest**power)
    radii = radii ** (1 / power)
    radii[0] = size
    centres = random.uniform(-0.1, 1.1, (many, 2)) * size
    contrast = random.exponential(scenery.texture, many) * (random.random(many) < 0.75)
    palette = np.clip(random.normal(0.5, random.uniform(0.12, 0.3), many), 0.02, 0.98)
    chroma = random.normal(0, 1, (many, 3))
    chroma -= chroma.mean(axis=1, keepdims=True)
    saturation = random.uniform(0, 0.15) * random.random((many, 1))
    turn = random.uniform(0, np.pi, many)
    pitch = 2 * np.pi / _SAMPLES / np.exp(random.uniform(np.log(2.5), np.log(24), many))
    return _Leaves(
        outlines=_outlines(random, radii, centres),
        centres=centres.astype(np.float32),
        radii=radii.astype(np.float32),
        colours=(palette[:, np.newaxis] + saturation * chroma).astype(np.float32),
        tints=(1 + 0.2 * random.normal(0, 1, (many, 3))).astype(np.float32),
        slopes=random.normal(0, scenery.shading, (many, 2)).astype(np.float32),
        bulge=(random.exponential(scenery.shading, many) * (random.random(many) < 0.4)).astype(
            np.float32
        ),
        contrast=np.minimum(contrast, 0.4).astype(np.float32),
        kinds=random.integers(0, STRIPES + 1, many),
        flips=random.random((many, 3)) < 0.5,
        waves=np.stack(
            [np.cos(turn) * pitch, np.sin(turn) * pitch, random.uniform(0, 6, many)], axis=1
        ).astype(np.float32),
    )


def _outlines(random: np.random.Generator, radii: Array, centres: Array) -> Array:
    """(leaves, corners, 2): ellipses, boxes, diamonds, polygons and blobs, flattened and turned."""
    many = len(radii)
    kind = random.integers(0, 4, (many, 1))
    # One formula for ellipse (2), box (large) and what lies between: Lamé's curves.
    roundness = np.where(kind == 0, 2.0, np.exp(random.uniform(0, 3.5, (many, 1))))
    cosine, sine = np.abs(np.cos(_ANGLES)), np.abs(np.sin(_ANGLES))
    distance = (cosine**roundness + sine**roundness) ** (-1 / roundness)
    sides = random.integers(3, 8, (many, 1))
    wedge = 2 * np.pi / sides
    polygon = np.cos(wedge / 2) / np.cos(_ANGLES % wedge - wedge / 2)
    distance = np.where(kind == 2, polygon, distance)
    waves = np.arange(2, 7)
    strength = random.normal(0, 0.35, (many, 5)) / waves * (kind == 3)
    phases = random.uniform(0, 2 * np.pi, (many, 5))
    ripples = np.cos(waves * _ANGLES[:, np.newaxis] + phases[:, np.newaxis])
    distance = distance * np.clip(1 + (ripples * strength[:, np.newaxis]).sum(axis=2), 0.3, 2)
    flattened = np.where(random.random(many) < 0.2, 0.12, 0.35)
    flattened = random.uniform(flattened, 1.0)
    # Flattening keeps the area, so that a bar of the same radius is a long one.
    across = distance * np.cos(_ANGLES) / np.sqrt(flattened)[:, np.newaxis]
    down = distance * np.sin(_ANGLES) * np.sqrt(flattened)[:, np.newaxis]
    turn = random.uniform(0, 2 * np.pi, (many, 1))
    turned = np.stack(
        [np.cos(turn) * across - np.sin(turn) * down, np.sin(turn) * across + np.cos(turn) * down],
        axis=2,
    )
    outlines = turned * radii[:, np.newaxis, np.newaxis] + centres[:, np.newaxis]
    corners: Array = np.rint(outlines * (_SAMPLES << _SUBPIXEL)).astype(np.int32)
    return corners


def _composed(
    random: np.random.Generator,
    fallen: _Leaves,
    fields: dict[int, Array],
    fine: int,
    scenery: Scenery,
) -> tuple[Array, Array]:
    """The scene (fine, fine, 3), and which leaf is in front at each of its samples."""
    many = len(fallen.radii)
    layers = min(int(random.integers(1, 4)), many)
    cuts = np.sort(random.integers(1, many + 1, layers - 1)).tolist()
    focus = int(random.integers(0, layers)) if random.random() < 0.7 else layers - 1
    depth = random.uniform(0, scenery.defocus)
    front = np.zeros((fine, fine), np.int32)
    picture = np.empty((0,))
    for layer, (low, high) in enumerate(zip([0, *cuts], [*cuts, many], strict=True)):
        own = np.full((fine, fine), 0 if layer == 0 else -1, np.int32)
        for leaf in range(max(low, 1), high):
            cv2.fillPoly(own, [fallen.outlines[leaf]], leaf, shift=_SUBPIXEL)
        blur = _SAMPLES * depth * abs(layer - focus) / 2
        if layer == 0:
            picture, front = _blurred(_painted(fallen, fields, own, 0, high), blur), own
        if layer == 0 or low == high:
            continue
        covered = (own >= 0).astype(np.float32)
        if random.random() < scenery.shadow:
            picture *= _on_each_channel(_shadow(random, covered))
        front = np.where(own >= 0, own, front)
        painted = _painted(fallen, fields, own, low, high)
        # What is out of focus is mixed by how much of it covers a place: colour and cover alike.
        cover = _blurred(covered, blur)
        picture *= _on_each_channel(1 - cover)
        picture += _blurred(painted, blur)
    return picture, front


def _on_each_channel(plane: Array) -> Array:
    # NumPy's own broadcasting along a last axis of three takes several times as long.
    merged: Array = cv2.merge((plane, plane, plane))
    return merged


def _blurred(array: Array, sigma: float) -> Array:
    blurred: Array = cv2.GaussianBlur(array, (0, 0), sigma) if sigma > 0.3 else array
    return blurred


def _shadow(random: np.random.Generator, covered: Array) -> Array:
    across, down = (random.uniform(-8, 8, 2) * _SAMPLES).tolist()
    move = np.array([[1, 0, across], [0, 1, down]], np.float32)
    cast = cv2.warpAffine(covered, move, covered.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(cast, (0, 0), _SAMPLES * random.uniform(1, 5))
    return 1 - np.float32(random.uniform(0.15, 0.5)) * soft


def _painted(fallen: _Leaves, fields: dict[int, Array], own: Array, low: int, high: int) -> Array:
    """What is seen of the leaves from `low` up to `high` in one layer: (fine, fine, 3)."""
    fine = len(own)
    painted = np.zeros((fine, fine, 3), np.float32)
    for leaf in range(low, high):
        left, top, right, bottom = _box(fallen, leaf, fine)
        place = np.s_[top:bottom, left:right]
        seen = (own[place] == leaf).view(np.uint8)
        if not seen.any():
            continue
        shade = _bend(fallen, leaf, 1, top, bottom)[:, np.newaxis]
        shade = shade + _bend(fallen, leaf, 0, left, right)
        np.clip(shade, -0.5, 0.5, out=shade)
        shade += fallen.contrast[leaf] * _texture(fallen, fields, leaf, place)
        colour = np.stack([fallen.tints[leaf], fallen.colours[leaf]], axis=1)
        cv2.copyTo(cv2.transform(shade, colour), seen, painted[place])
    return painted


def _box(fallen: _Leaves, leaf: int, fine: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a leaf within the picture, in samples."""
    if leaf == 0:
        return 0, 0, fine, fine
    low = (fallen.outlines[leaf].min(axis=0) >> _SUBPIXEL) - 1
    high = (fallen.outlines[leaf].max(axis=0) >> _SUBPIXEL) + 3
    (left, top), (right, bottom) = low.clip(0, fine).tolist(), high.clip(0, fine).tolist()
    return left, top, right, bottom


def _bend(fallen: _Leaves, leaf: int, axis: int, start: int, stop: int) -> Array:
    """A leaf's shading along x (axis 0) or y: a slope, and a bulge that darkens to its rim."""
    place = np.arange(start, stop, dtype=np.float32) / np.float32(_SAMPLES)
    place = (place - fallen.centres[leaf, axis]) / fallen.radii[leaf]
    shade: Array = place * fallen.slopes[leaf, axis] - fallen.bulge[leaf] * place * place
    return shade


def _texture(
    fallen: _Leaves, fields: dict[int, Array], leaf: int, place: tuple[slice, slice]
) -> Array:
    kind = int(fallen.kinds[leaf])
    if kind == STRIPES:
        across, down, hard = fallen.waves[leaf]
        rows, columns = np.ogrid[place]
        phase = columns.astype(np.float32) * across + (rows.astype(np.float32) * down + hard)
        phase += fields[BENDS][place] * np.float32(0.8)
        stripes: Array = np.tanh(np.sin(phase) * hard) * np.float32(1.2)
        return stripes
    # Each leaf has one of eight mirrorings: neighbours do not share a texture, none has a seam.
    upside_down, backwards, turned = fallen.flips[leaf]
    field = fields[kind].T if turned else fields[kind]
    return field[:: -1 if upside_down else 1, :: -1 if backwards else 1][place]


def _photographed(
    random: np.random.Generator, scene: Array, size: int, scenery: Scenery
) -> Picture:
    """What a camera makes of the scene: sharpness, light, noise, compression, 8 bits."""
    seen = _blurred(scene, _SAMPLES * random.uniform(*scenery.lens))
    seen = cv2.resize(seen, (size, size), interpolation=cv2.INTER_AREA)
    np.clip(seen, 0, 1, out=seen)
    gamma = np.exp(random.normal(0, 0.25))
    seen = np.power(seen, np.float32(gamma))
    sigma = scenery.noise * random.random() ** 2
    if sigma > 0.002:
        noise = random.standard_normal((size, size, 3), dtype=np.float32)
        grey = random.standard_normal((size, size), dtype=np.float32)
        seen += noise * np.float32(0.6 * sigma)
        seen += _on_each_channel(grey * np.float32(0.8 * sigma))
    picture = np.rint(np.clip(seen, 0, 1) * 255).astype(np.uint8)
    if random.random() < scenery.compressed:
        quality = int(random.integers(35, 96))
        _, code = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = cv2.imdecode(code, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(picture, np.uint8)


def _lines(front: Array) -> Boundaries:
    """A pixel is a line's where the leaf in front changes within it or just after it."""
    changes = np.zeros(front.shape, np.bool_)
    changes[:, :-1] = front[:, 1:] != front[:, :-1]
    changes[:-1] |= front[1:] != front[:-1]
    half = len(front) // _SAMPLES
    blocks = changes.reshape(half, _SAMPLES, half, _SAMPLES)
    return np.asarray(blocks.any(axis=(1, 3)))
