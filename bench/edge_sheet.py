"""One photo through every detector of the table: the same number of edge pixels from each.

    python -m bench.edge_sheet samples/photo.png -o samples/nine-edges.png

Thresholds of different detectors do not mean the same, so none is chosen: each shows its strongest
pixels, as near to `--share` of the picture as its levels allow.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from filt import read_image

from .edge_detectors import LABELS, Soft, detectors, label_of

SHARE = 0.04
COLUMNS = 3


def strongest(soft: Soft, share: float) -> NDArray[np.bool_]:
    """The strongest pixels of a soft map, as near to a share of all as its values allow.

    >>> strongest(np.array([[0.0, 0.2, 0.2, 0.9]]), 0.3).tolist()
    [[False, False, False, True]]
    """
    values, counts = np.unique(soft[soft > 0], return_counts=True)
    if not values.size:
        return np.zeros(soft.shape, bool)
    reached = counts[::-1].cumsum()[::-1]
    least = values[np.abs(reached - share * soft.size).argmin()]
    return np.asarray(soft >= least)


def main() -> None:
    """Draw the sheet."""
    from matplotlib.figure import Figure

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--share", type=float, default=SHARE)
    words = parser.parse_args()
    photo = np.asarray(read_image(words.photo))
    every = detectors()
    maps = {name: strongest(every[name].soft(photo), words.share) for name in LABELS}
    height, width = photo.shape[:2]
    rows = math.ceil(len(maps) / COLUMNS)
    title, gap, dpi = 34, 12, 100
    full = (COLUMNS * (width + gap) + gap, rows * (height + gap + title) + gap)
    figure = Figure((full[0] / dpi, full[1] / dpi), dpi=dpi, facecolor="white")
    for number, (name, edges) in enumerate(maps.items()):
        down, across = divmod(number, COLUMNS)
        left, top = gap + across * (width + gap), gap + down * (height + gap + title)
        # A pixel of the map is a pixel of the sheet.
        place = figure.figimage(
            np.where(edges, 0.0, 1.0), left, full[1] - top - title - height, cmap="gray", vmax=1
        )
        place.set_clim(0, 1)
        figure.text(
            left / full[0], 1 - (top + title / 2) / full[1],
            f"{label_of(name)}: {edges.mean():.1%}", va="center", fontsize=16,
        )  # fmt: skip
    figure.savefig(words.output, dpi=dpi)


if __name__ == "__main__":
    main()
