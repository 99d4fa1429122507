"""Dead leaves: lines are exactly where leaves meet, and the same seed gives the same bits."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import islice

import cv2
import numpy as np
import pytest

from filt.filters.errors import InputError
from filt.learned.data.leaves import DEFAULT_SCENERY, batches, leaves

PLAIN = replace(
    DEFAULT_SCENERY,
    texture=0.0,
    shading=0.0,
    defocus=0.0,
    lens=(0.0, 0.0),
    noise=0.0,
    shadow=0.0,
    compressed=0.0,
)


def test_shapes_and_types() -> None:
    for size in (8, 33, 96):
        picture, boundaries = leaves(3, size)
        assert picture.shape == (size, size, 3)
        assert picture.dtype == np.uint8
        assert boundaries.shape == (size, size)
        assert boundaries.dtype == np.bool_


def test_the_same_seed_gives_the_same_bits_and_another_one_does_not() -> None:
    picture, boundaries = leaves((5, 1))
    again, boundaries_again = leaves((5, 1))
    assert (picture == again).all()
    assert (boundaries == boundaries_again).all()
    assert not (picture == leaves((5, 2))[0]).all()


def test_threads_do_not_matter() -> None:
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        alone = [leaves((9, item))[0] for item in range(4)]
        cv2.setNumThreads(4)
        together = [leaves((9, item))[0] for item in range(4)]
    finally:
        cv2.setNumThreads(threads)
    for one, many in zip(alone, together, strict=True):
        assert (one == many).all()


def test_another_process_gives_the_same_bits() -> None:
    program = (
        "import zlib\n"
        "from filt.learned.data.leaves import leaves\n"
        "print(*(zlib.crc32(array.tobytes()) for array in leaves((11, 4), 48)))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout.split()) == 2


@pytest.mark.parametrize("seed", range(6))
def test_without_texture_and_blur_colours_change_at_lines_and_nowhere_else(seed: int) -> None:
    picture, boundaries = leaves((21, seed), 64, PLAIN)
    height, width = boundaries.shape
    for row in range(height - 1):
        for column in range(width - 1):
            here = picture[row, column].astype(int)
            for other in ((row, column + 1), (row + 1, column)):
                if not boundaries[row, column] and not boundaries[other]:
                    assert (here == picture[other]).all()
    changes = (picture[:-1, :-1] != picture[:-1, 1:]).any(axis=2)
    changes |= (picture[:-1, :-1] != picture[1:, :-1]).any(axis=2)
    # Where colours change, a line is in the pixel or in the one right after it.
    near = cv2.dilate(boundaries.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    assert changes.any()
    assert near[:-1, :-1][changes].all()


@pytest.mark.parametrize("seed", range(6))
def test_lines_do_not_depend_on_what_happens_inside_leaves(seed: int) -> None:
    # The same random numbers are drawn up to the shapes, whatever their contrast is.
    calm = replace(DEFAULT_SCENERY, texture=0.0, shading=0.0)
    loud = replace(DEFAULT_SCENERY, texture=0.3, shading=0.3)
    (quiet_picture, quiet_lines), (loud_picture, loud_lines) = (
        leaves((31, seed), 64, scenery) for scenery in (calm, loud)
    )
    assert (quiet_lines == loud_lines).all()
    assert not (quiet_picture == loud_picture).all()


def test_lines_are_thin() -> None:
    for seed in range(8):
        lines = leaves((41, seed))[1].astype(np.uint8)
        # Three by three pixels full of lines happen only where three or more leaves meet.
        full = cv2.erode(lines, np.ones((3, 3), np.uint8), borderValue=0)
        assert full.sum() <= 0.01 * lines.sum()
        assert 0.005 < lines.mean() < 0.3


def test_an_item_depends_on_the_seed_and_its_number_alone() -> None:
    whole = list(islice(batches(13, 3, 24), 4))
    resumed = next(batches(13, 3, 24, first=3))
    for one, other in zip(whole[3], resumed, strict=True):
        assert (one == other).all()
    alone = leaves((13, 3 * 3 + 2), 24)
    assert (whole[3][0][2] == alone[0]).all()
    assert (whole[3][1][2] == alone[1]).all()


def test_the_control_gives_every_picture_the_lines_of_another() -> None:
    pictures, boundaries = next(batches(17, 4, 32))
    same_pictures, others = next(batches(17, 4, 32, random_labels=True))
    assert (pictures == same_pictures).all()
    for item in range(4):
        assert (others[item] == boundaries[(item + 1) % 4]).all()
        assert not (others[item] == boundaries[item]).all()


@pytest.mark.parametrize("size", [7, 0, -3, 1025])
def test_a_size_out_of_range_is_refused(size: int) -> None:
    with pytest.raises(InputError, match="size must be 8 to 1024"):
        leaves(0, size)


def test_seeds_and_counts_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="seed"):
        leaves(-1)
    with pytest.raises(InputError, match="seed"):
        leaves(())
    with pytest.raises(InputError, match="count must be 1"):
        next(batches(0, 0))
    with pytest.raises(InputError, match="count must be 2"):
        next(batches(0, 1, random_labels=True))
    with pytest.raises(InputError, match="first"):
        next(batches(0, 1, first=-1))
