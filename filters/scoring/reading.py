"""Reading what is scored: soft maps of edges, and the boundaries that people drew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..errors import ReadError
from ..files.disk import PathLike, display_path
from ..files.reading import read_image
from .counts import SoftMap
from .mat_files import read_boundaries
from .thinning import Mask

Place = TypeVar("Place")
Content = TypeVar("Content")


@dataclass(frozen=True)
class Readings(Generic[Place, Content]):
    """What `read` makes of each place, read anew each time that it is gone through.

    >>> list(Readings(("a", "bc"), len))
    [1, 2]
    """

    places: Sequence[Place]
    read: Callable[[Place], Content]

    def __iter__(self) -> Iterator[Content]:
        return map(self.read, self.places)

    def __len__(self) -> int:
        return len(self.places)


def read_soft_map(path: PathLike) -> SoftMap:
    """The soft map in a picture file, (height, width) float32 from 0 to 1.

    Whole numbers are divided by their white, 255 or 65535; floats are taken as they are.
    Raises ReadError, which names the path, for a file that `read_image` refuses, for colours,
    transparency, and values outside 0 to 1.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(b"P2 3 1 255 0 51 255"), file.flush()
    ...     read_soft_map(file.name).tolist()
    [[0.0, 0.20000000298023224, 1.0]]
    """
    pixels, white = _grey(path, "a soft map")
    low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high <= white):
        wrong = high if low >= 0 else low
        raise ReadError(f"{display_path(path)}: a soft map is from 0 to 1, got {wrong:.6g}")
    soft: SoftMap = np.divide(pixels, white, dtype=np.float64).astype(np.float32)
    return soft


def read_truth(paths: Sequence[Path]) -> list[Mask]:
    """The boundaries in the truth files of one picture, (height, width) bool for each annotator.

    paths: a .mat file of BSDS500, or pictures, one for each annotator, in which boundaries are
    not 0 and all else is. Raises ReadError, which names the path, for files that cannot be read,
    and for what is no truth: more than two grey levels, or more boundary than anything else.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(b"P2 4 1 255 0 255 0 0"), file.flush()
    ...     read_truth([Path(file.name)])[0].tolist()
    [[False, True, False, False]]
    """
    masks: list[Mask] = []
    for path in paths:
        is_mat = path.suffix.lower() == ".mat"
        maps = read_boundaries(path) if is_mat else [_grey(path, "a truth")[0]]
        masks += [_mask(one, path) for one in maps]
    return masks


def _grey(path: PathLike, what: str) -> tuple[Array, float]:
    """The grey pixels of a file and their white."""
    picture = read_image(path)
    pixels: Array = picture.pixels
    if picture.alpha is not None and picture.alpha.min() < 1:
        raise ReadError(f"{display_path(path)}: {what} has no transparency")
    if picture.is_colour:
        # Some programs store grey as three equal channels.
        if not (pixels == pixels[..., :1]).all():
            raise ReadError(f"{display_path(path)}: {what} is grey, this picture has colours")
        pixels = pixels[..., 0]
    return pixels, picture.full_scale


def _mask(levels: NDArray[np.generic], path: Path) -> Mask:
    name = display_path(path)
    values = np.unique(levels)
    if values.size > 2 or (values.size == 2 and values[0] != 0):
        raise ReadError(
            f"{name}: is no truth: boundaries are 0 and one other value, got {values.size} levels"
            f" from {values[0]:.6g} to {values[-1]:.6g}"
        )
    mask: Mask = levels != 0
    share = mask.mean()
    if share > 0.5:
        raise ReadError(
            f"{name}: is no truth: {share:.0%} of its pixels are boundary, which is white on black"
        )
    return mask
