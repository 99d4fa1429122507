"""filt score: how well edges agree with the boundaries that people drew."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import numpy as np

from ..filters.files.disk import check_writable, display_path, write_bytes
from ..filters.files.outputs import check_not_read
from ..filters.scoring.curve import OperatingPoint, point_at
from ..filters.scoring.curve_picture import CHARTS, chart_format, curve_chart
from ..filters.scoring.pairing import Pairing, pair_files
from ..filters.scoring.reading import Readings, read_soft_map, read_truth
from ..filters.scoring.score import LARGEST_TOLERANCE, THRESHOLDS, TOLERANCE, EdgeScore, score_edges
from .options import IMAGE, LocalPath, clobber_option, echo_json, json_option

_LONGEST_NAME = 32


@click.command(short_help="score edges against people's boundaries")
@click.argument("predictions", metavar="PREDICTIONS...", type=IMAGE, nargs=-1, required=True)
@click.option(
    "--truth",
    metavar="DIR",
    type=LocalPath(path_type=Path),
    required=True,
    help="Where the truth is: a.mat (BSDS500), a.png, a-1.png and a-2.png, or a folder a.",
)
@click.option(
    "--thresholds",
    type=click.IntRange(1, 1000),
    default=THRESHOLDS,
    show_default=True,
    help="At how many thresholds.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, LARGEST_TOLERANCE),
    default=TOLERANCE,
    show_default=True,
    help="How far matched pixels may lie apart, as a share of the diagonal.",
)
@click.option("--no-thin", is_flag=True, help="Take edges as they are, however thick.")
@click.option("--per-image", is_flag=True, help="Say how every picture does by itself.")
@click.option(
    "--plot",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=f"Draw precision over recall into this file ({', '.join(CHARTS)}).",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="How many pictures at a time.  [default: as many as processors]",
)
@clobber_option
@json_option
def score(
    *,
    predictions: tuple[Path, ...],
    truth: Path,
    thresholds: int,
    tolerance: float,
    no_thin: bool,
    per_image: bool,
    plot: Path | None,
    jobs: int | None,
    no_clobber: bool,
    as_json: bool,
) -> None:
    """Score edges against the boundaries that people drew: filt score maps --truth groundTruth/val.

    PREDICTIONS are soft maps: grey pictures, white where an edge is sure, as filt edges --soft
    writes them, or folders of them. a.png and a.canny-soft.png are held against the truth of a.
    This is the benchmark of BSDS500: ODS is F with one threshold for all pictures, OIS with each
    picture's own, AP the area under the curve. It needs numba: pip install "filt[score]".
    """
    pairing = pair_files(predictions, truth)
    if plot is not None:
        _check_plot(plot, pairing, no_clobber)
    if pairing.unused:
        click.echo(
            f"Warning: {display_path(truth)}: {len(pairing.unused)} of the truth files without a"
            f" map, such as {display_path(pairing.unused[0].name)}",
            err=True,
        )
    with _progress(len(pairing.maps)) as report:
        result = score_edges(
            Readings(pairing.maps, read_soft_map),
            Readings(pairing.truths, read_truth),
            thresholds=thresholds,
            tolerance=tolerance,
            thin=not no_thin,
            jobs=jobs or _processors(),
            names=[display_path(path) for path in pairing.maps],
            report=report,
        )
    if result.curve.precision.max() == 0 and result.curve.recall.max() == 0:
        click.echo(
            "Warning: nothing is matched at any threshold: is white at full scale the surest edge?",
            err=True,
        )
    if plot is not None:
        write_bytes(plot, curve_chart(result, chart_format(plot)), clobber=not no_clobber)
    if as_json:
        echo_json(_facts(result, pairing, tolerance, not no_thin))
    else:
        click.echo("\n".join(_lines(result, tolerance, not no_thin, per_image)))
    if plot is not None:
        click.echo(f"wrote {display_path(plot)}", err=as_json)


def _check_plot(plot: Path, pairing: Pairing, no_clobber: bool) -> None:
    """Say what is wrong with the chart's name before the work, not after it."""
    chart_format(plot)
    check_not_read(plot, [*pairing.maps, *(file for files in pairing.truths for file in files)])
    check_writable(plot, clobber=not no_clobber)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _progress(pictures: int) -> Iterator[Callable[[int], object] | None]:
    """What is told how many pictures are done, where somebody is looking."""
    if pictures < 2 or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=pictures, label="scoring", file=sys.stderr) as bar:
        yield lambda done: bar.update(1)


def _lines(score: EdgeScore, tolerance: float, thin: bool, per_image: bool) -> list[str]:
    pictures, ranked = len(score.images), score.ranked
    said = [
        f"{pictures} picture{'s' * (pictures > 1)}, {score.curve.thresholds.size} thresholds,"
        f" tolerance {tolerance:g} of the diagonal, {'thinned' if thin else 'not thinned'}"
    ]
    rows = [
        ("", "F", "precision", "recall", "threshold"),
        _row("ODS", score.dataset),
        _row("OIS", score.image),
    ]
    if per_image:
        rows += [_row(_short(one.name), one.best) for one in score.images]
    said += _table(rows)
    no_area = np.unique(score.curve.recall).size < 2
    said.append(f"AP {score.ap:.3f}{' (edges of one strength: the curve has no area)' * no_area}")
    if ranked is not None and not no_area:
        said.append(f"by rank: ODS {ranked.ods:.3f}, OIS {ranked.ois:.3f}, AP {ranked.ap:.3f}")
    return said


def _row(name: str, point: OperatingPoint) -> tuple[str, ...]:
    threshold = "" if point.threshold is None else f"{point.threshold:.3f}"
    return name, f"{point.f:.3f}", f"{point.precision:.3f}", f"{point.recall:.3f}", threshold


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"…{name[1 - _LONGEST_NAME :]}"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in rows
    ]


def _facts(score: EdgeScore, pairing: Pairing, tolerance: float, thin: bool) -> dict[str, Any]:
    curve, ranked = score.curve, score.ranked
    return {
        "pictures": len(score.images),
        "thresholds": curve.thresholds.size,
        "tolerance": tolerance,
        "thin": thin,
        **_figures(score),
        "ranked": None if ranked is None else _figures(ranked),
        "curve": [_point(point_at(curve, k)) for k in range(curve.thresholds.size)],
        "images": [
            {
                "name": display_path(name),
                "map": one.name,
                "truths": [display_path(path) for path in truths],
                **_point(one.best),
            }
            for name, truths, one in zip(pairing.names, pairing.truths, score.images, strict=True)
        ],
        "unused_truths": [display_path(path) for path in pairing.unused],
    }


def _figures(score: EdgeScore) -> dict[str, Any]:
    return {"ods": _point(score.dataset), "ois": _point(score.image), "ap": score.ap}


def _point(point: OperatingPoint) -> dict[str, float | None]:
    return {
        "f": point.f,
        "precision": point.precision,
        "recall": point.recall,
        "threshold": point.threshold,
    }
