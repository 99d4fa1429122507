"""Edge detectors beside each other: their scores on BSDS500, their time beside scikit-image.

    python -m bench.edges BSDS [--split val] [--only best,learned] [--curves FILE.svg]

BSDS is a folder with images/SPLIT/*.jpg and groundTruth/SPLIT/*.mat, the benchmark as its authors
give it out. Prints a table in Markdown.

A detector with two thresholds (OpenCV's, scikit-image's and filt's canny) is asked for edges at 32
high thresholds with the low one 0.4 times as high; a pixel's value is the number of the highest at
which it is an edge, over 33. The number behind a name is sigma, in pixels. All others give a soft
map of thin lines and are scored by its ranks, as their scales differ. Time is one detection at the
detector's own defaults, without reading, over that of `skimage.feature.canny(grey, 2.5)` on the
same photo, both alternately in one process: the median of the ratios over ten photos.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.feature import canny as skimage_canny

from filt import canny, link, luma, read_image, score_edges
from filt.filters.scoring.reading import read_truth
from filt.filters.scoring.score import EdgeScore
from filt.learned.edge_methods import find_edges
from filt.learned.shipped import shipped_network

Pixels = NDArray[np.uint8]
Soft = NDArray[Any]

LEVELS = 32
LOW = 0.4
TIMED = 10


@dataclass(frozen=True)
class Detector:
    """soft: from an RGB photo to a map from 0 to 1. once: one detection, for the time.

    by_rank: whether its map is scored by rank. parameters: how many were learned.
    """

    soft: Callable[[Pixels], Soft]
    once: Callable[[Pixels], object]
    by_rank: bool
    parameters: int = 0


def grey_of(photo: Pixels) -> Pixels:
    """The photo in grey as OpenCV makes it, 8 bits."""
    return np.asarray(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), np.uint8)


def at_levels(edges_at: Callable[[float], NDArray[Any]], highs: NDArray[Any]) -> Soft:
    """A soft map out of many pairs of thresholds: the highest at which a pixel is an edge."""
    soft: Soft | None = None
    for number, high in enumerate(highs, start=1):
        edges = edges_at(float(high)) > 0
        soft = np.zeros(edges.shape, np.float32) if soft is None else soft
        soft[edges] = number
    assert soft is not None
    return soft / np.float32(LEVELS + 1)


def opencv_canny(sigma: float) -> Detector:
    """OpenCV's Canny after a Gaussian blur, L2 norm, as the reference figures are made."""

    def blurred(photo: Pixels) -> Pixels:
        return np.asarray(cv2.GaussianBlur(grey_of(photo), (0, 0), sigma), np.uint8)

    def soft(photo: Pixels) -> Soft:
        smooth = blurred(photo)
        return at_levels(
            lambda high: cv2.Canny(smooth, LOW * high, high, L2gradient=True),
            np.geomspace(4, 1000, LEVELS),
        )

    return Detector(soft, lambda photo: cv2.Canny(blurred(photo), 40, 100, L2gradient=True), False)


def scikit_canny(sigma: float) -> Detector:
    """scikit-image's Canny."""

    def soft(photo: Pixels) -> Soft:
        grey = grey_of(photo) / 255
        return at_levels(
            lambda high: skimage_canny(grey, sigma, LOW * high, high),
            np.geomspace(0.016, 3.9, LEVELS),
        )

    return Detector(soft, lambda photo: skimage_canny(grey_of(photo) / 255, sigma), False)


def filt_canny(sigma: float) -> Detector:
    """Filt's canny."""

    def soft(photo: Pixels) -> Soft:
        thinned = find_edges(luma(photo) / 255, "canny", sigma=sigma).soft
        return at_levels(
            lambda high: link(thinned, LOW * high, high), np.geomspace(0.004, 0.98, LEVELS)
        )

    return Detector(soft, lambda photo: canny(photo, sigma), False)


def soft_method(name: str, parameters: int = 0, **setting: Any) -> Detector:
    """The soft map of one of filt's edge methods."""

    def soft(photo: Pixels) -> Soft:
        return np.clip(find_edges(photo, name, **setting).soft, 0, 1)

    return Detector(soft, lambda photo: find_edges(photo, name, **setting), True, parameters)


def detectors() -> Mapping[str, Detector]:
    """Every row of the table by its name."""
    return MappingProxyType(
        {
            "Sobel, no blur": soft_method("sobel"),
            "Scharr, no blur": soft_method("scharr"),
            "Gaussian gradient 2.5": soft_method("gaussian", sigma=2.5),
            "Laplacian of Gaussian 3": soft_method("log", sigma=3.0),
            **{f"OpenCV Canny {sigma}": opencv_canny(sigma) for sigma in (2.0, 2.5, 3.0)},
            **{f"scikit-image canny {sigma}": scikit_canny(sigma) for sigma in (2.0, 2.5, 3.0)},
            **{f"filt canny {sigma}": filt_canny(sigma) for sigma in (2.0, 2.5, 3.0)},
            "filt best": soft_method("best"),
            "filt learned-edges": soft_method("learned-edges", shipped_network().parameters),
        }
    )


def scored(detector: Detector, photos: list[Path], truths: list[Path], jobs: int) -> EdgeScore:
    """One row's score; a method that is scored by rank gives the score by rank."""

    class Maps:
        def __iter__(self) -> Iterator[Soft]:
            return (detector.soft(np.asarray(read_image(photo))) for photo in photos)

    maps: Any = list(Maps()) if detector.by_rank else Maps()
    every = (read_truth([truth]) for truth in truths)
    score = score_edges(maps, every, ranks=detector.by_rank, jobs=jobs)
    return score.ranked if detector.by_rank and score.ranked is not None else score


def time_ratio(detector: Detector, photos: list[Path]) -> float:
    """The median over some photos of the time over that of scikit-image's Canny at sigma 2.5."""
    reference = scikit_canny(2.5).once
    ratios = []
    for path in photos[:TIMED]:
        photo = np.asarray(read_image(path))
        detector.once(photo)
        reference(photo)
        times: list[list[float]] = [[], []]
        for _ in range(3):
            for spent, run in zip(times, (detector.once, reference), strict=True):
                begun = time.perf_counter()
                run(photo)
                spent.append(time.perf_counter() - begun)
        ratios.append(min(times[0]) / min(times[1]))
    return float(np.median(ratios))


def curves_chart(scores: Mapping[str, EdgeScore]) -> Any:
    """Precision over recall of every row, lines of equal F behind them."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 6), layout="constrained")
    axes = figure.add_subplot()
    for level in np.arange(0.1, 1, 0.1):
        recall = np.linspace(level / (2 - level) + 1e-9, 1, 300)
        axes.plot(recall, level * recall / (2 * recall - level), color="0.9", linewidth=1)
    ordered = sorted(scores.items(), key=lambda item: -item[1].ods)
    for number, (name, score) in enumerate(ordered):
        drawn = score.curve.recall > 0
        style = ("-", "--", ":")[number % 3]
        axes.plot(
            score.curve.recall[drawn], score.curve.precision[drawn], style, color=f"C{number % 10}",
            label=f"{score.ods:.3f}  {name}",
        )  # fmt: skip
        axes.plot(score.dataset.recall, score.dataset.precision, "o", color=f"C{number % 10}")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="recall", ylabel="precision")
    axes.legend(title="ODS", fontsize=8, loc="lower left")
    return figure


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bsds", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--only", default="", help="names, or beginnings of them, with commas")
    parser.add_argument("--limit", type=int, help="so many photos, the first ones")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--curves", type=Path)
    words = parser.parse_args()
    photos = sorted((words.bsds / "images" / words.split).glob("*.jpg"))[: words.limit]
    truths = [words.bsds / "groundTruth" / words.split / f"{path.stem}.mat" for path in photos]
    wanted = tuple(filter(None, words.only.split(",")))
    scores: dict[str, EdgeScore] = {}
    rows = []
    print("| detector | ODS | OIS | AP | time | parameters |\n|---|---|---|---|---|---|")
    for name, detector in detectors().items():
        if wanted and not any(part in name for part in wanted):
            continue
        score = scored(detector, photos, truths, words.jobs)
        ratio = time_ratio(detector, photos)
        scores[name] = score
        rows.append(
            {"detector": name, "ods": score.ods, "ois": score.ois, "ap": score.ap,
             "time_over_skimage_canny": ratio, "parameters": detector.parameters}
        )  # fmt: skip
        figures = f"{score.ods:.4f} | {score.ois:.4f} | {score.ap:.4f} | {ratio:.2f}"
        print(f"| {name} | {figures} | {detector.parameters or ''} |", flush=True)
    if words.json:
        words.json.write_text(json.dumps({"photos": len(photos), "rows": rows}, indent=2) + "\n")
    if words.curves:
        curves_chart(scores).savefig(words.curves)
    if not rows:
        sys.exit("no such detector")


if __name__ == "__main__":
    main()
