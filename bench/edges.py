"""Edge detectors beside each other: their scores on BSDS500, their time beside scikit-image.

    python -m bench.edges BSDS500 [--split val] [--only NAME] [--json FILE] [--curves FILE.svg]
    python -m bench.edges --json FILE [--curves FILE.svg] [--into README.md]

BSDS500 is a folder with images/SPLIT/*.jpg and groundTruth/SPLIT/*.mat, the benchmark as its
authors give it out. Prints a table in Markdown, each row with the command that makes it alone.
`--json` keeps the figures and the curves; if FILE is there, what is measured takes the place of
what it has of the same detectors. Without a folder the table and the curves are those of FILE, or
those that ship (learned/report/edge_scores.json). `bench/edge_detectors.py` says what is run.

Time is one detection at the detector's own defaults, without reading, over that of
`skimage.feature.canny(grey, 2.5)` on the same photo, both alternately in one process: the median of
the ratios over ten photos.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from filt import read_image, score_edges
from filt.filters.scoring.curve_picture import chart_format
from filt.filters.scoring.reading import read_truth
from filt.filters.scoring.score import THRESHOLDS, TOLERANCE, EdgeScore
from filt.learned.provenance import library_versions
from filt.learned.report.edge_curves import curves_file
from filt.learned.report.edge_scores import (
    DetectorScore,
    EdgeScores,
    command_for,
    edge_scores,
    markdown_table,
    merged,
    parameters_text,
    scores_from,
    scores_text,
    sigmas_table,
)

from .edge_detectors import LABELS, Detector, Soft, chosen, detectors, label_of, scikit_canny

TIMED = 10
LIBRARIES = ("numpy", "scipy", "opencv-python-headless", "scikit-image", "numba")


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


def row_of(name: str, detector: Detector, score: EdgeScore, ratio: float) -> DetectorScore:
    """What is kept of one detector."""
    return DetectorScore(
        name=name,
        label=label_of(name),
        in_table=name in LABELS,
        ods=score.ods,
        ois=score.ois,
        ap=score.ap,
        best_precision=score.dataset.precision,
        best_recall=score.dataset.recall,
        time=ratio,
        parameters=detector.parameters,
        by_rank=detector.by_rank,
        precision=tuple(score.curve.precision.tolist()),
        recall=tuple(score.curve.recall.tolist()),
    )


def measured(bsds: Path, split: str, asked: str, limit: int | None, jobs: int) -> EdgeScores:
    """The scores of the detectors asked for, each printed as it is done."""
    photos = sorted((bsds / "images" / split).glob("*.jpg"))[:limit]
    if not photos:
        sys.exit(f"no photographs in {bsds / 'images' / split}")
    truths = [bsds / "groundTruth" / split / f"{path.stem}.mat" for path in photos]
    every = detectors()
    names = chosen(list(every), asked)
    if not names:
        sys.exit(f"no such detector: {asked}; there are {', '.join(every)}")
    rows = []
    for name in names:
        score = scored(every[name], photos, truths, jobs)
        rows.append(row_of(name, every[name], score, time_ratio(every[name], photos)))
        print(name, f"{score.ods:.4f} {score.ois:.4f} {score.ap:.4f}", file=sys.stderr, flush=True)
    return EdgeScores(
        benchmark="BSDS500",
        split=split,
        photographs=len(photos),
        thresholds=THRESHOLDS,
        tolerance=TOLERANCE,
        libraries=tuple(pair for pair in library_versions(*LIBRARIES) if pair[0] in LIBRARIES),
        detectors=tuple(rows),
    )


def with_tables(page: str, scores: EdgeScores) -> str:
    """A page in Markdown with the tables of these scores in the place of those that it has."""
    for made in (markdown_table(scores), sigmas_table(scores)):
        heading = re.escape(made.partition("\n")[0])
        page = re.sub(rf"{heading}(\n\|.*)+", made.replace("\\", r"\\"), page)
    return page


def main() -> None:
    """Run the benchmark, or show again what it gave."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bsds", type=Path, nargs="?")
    parser.add_argument("--split", default="val")
    parser.add_argument("--only", default="", help="names, or beginnings of them, with commas")
    parser.add_argument("--limit", type=int, help="so many photos, the first ones")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="keep the figures; merged with those it has")
    parser.add_argument("--curves", type=Path, help="draw the curves, .svg or .png")
    parser.add_argument("--into", type=Path, nargs="*", default=(), help="pages with the table")
    words = parser.parse_args()
    kept = None
    if words.json and words.json.exists():
        kept = scores_from(words.json.read_text(encoding="utf-8"))
    if words.bsds:
        new = measured(words.bsds, words.split, words.only, words.limit, words.jobs)
        scores = merged(kept, new, list(detectors()))
    else:
        scores = kept or edge_scores()
    # Figures are shown as they are kept, so that both always agree.
    text = scores_text(scores)
    scores = scores_from(text)
    print(command_table(scores))
    if words.json:
        words.json.write_text(text, encoding="utf-8")
    if words.curves:
        words.curves.write_bytes(curves_file(scores, chart_format(words.curves)))
    for page in words.into:
        page.write_text(with_tables(page.read_text(encoding="utf-8"), scores), encoding="utf-8")


def command_table(scores: EdgeScores) -> str:
    """Every detector with the command that makes its row again."""
    lines = ["| Detector | ODS | OIS | AP | Time | Parameters | Command |", "|---" * 7 + "|"]
    for one in scores.detectors:
        figures = f"{one.ods:.4f} | {one.ois:.4f} | {one.ap:.4f} | {one.time:.2f}"
        lines.append(
            f"| {one.label} | {figures} | {parameters_text(one)} | `{command_for(one.name)}` |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
