"""filt ablate: are learned kernels better than handcrafted or random ones, at the same job?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..filters.errors import InputError
from ..filters.files.disk import display_path
from .options import AT_LEAST_ONE, LocalPath, command_line, data_options, echo_json, json_option
from .progress import Speaker, quiet, time_text

if TYPE_CHECKING:
    from ..learned.ablation.results import Ablation
    from ..learned.ablation.watch import RunProgress

MODELS = ("edges", "small")
_UNRECORDED = ("resume", "as_json", "data_dir")
_INTERRUPTED = 130


@click.command(short_help="compare learned, handcrafted and random kernels at one job")
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=LocalPath(path_type=Path, dir_okay=False),
    help="Write the result here.  [default: ablation-MODEL.json]",
)
@click.option(
    "--model",
    type=click.Choice(MODELS),
    default="edges",
    show_default=True,
    help="The job: find edges, or tell classes apart.",
)
@data_options
@click.option(
    "--seeds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Train every arm so many times, with seeds 0, 1, …",
)
@click.option("--epochs", type=AT_LEAST_ONE, help="How often every picture is seen.  [default: 3]")
@click.option(
    "--limit",
    type=AT_LEAST_ONE,
    help="Train on so many pictures.  [default: 1000; 12000 for small]",
)
@click.option(
    "--kernels",
    type=click.IntRange(1, 16),
    default=16,
    show_default=True,
    help="How many the first layer has.",
)
@click.option("--size", type=AT_LEAST_ONE, default=7, show_default=True, help="Their side.")
@click.option(
    "--margin",
    type=float,
    default=0.01,
    show_default=True,
    help="A smaller difference of the score counts as none.",
)
@click.option("--resume", is_flag=True, help="Go on where a stopped ablation left its runs.")
@json_option
@click.pass_context
def ablate(
    ctx: click.Context,
    *,
    out: Path | None,
    model: str,
    data: str | None,
    data_dir: Path | None,
    seeds: int,
    epochs: int | None,
    limit: int | None,
    kernels: int,
    size: int,
    margin: float,
    resume: bool,
    as_json: bool,
) -> None:
    """Compare first layers at one job: learned, handcrafted and random kernels.

    One network is trained many times; only its first layer differs. learned starts at random and
    is trained; frozen-random is the very same start, never trained; frozen-handcrafted is slopes,
    second derivatives, Gabors and a blur, never trained; handcrafted-then-trained starts there.
    Every seed gives each arm the same start of all other layers and the same order of pictures.

    Ctrl-C keeps the runs that are over, and --resume goes on from there.
    """
    from ..learned.ablation.ablation import ablate as run
    from ..learned.ablation.plan import JOBS, Plan
    from ..learned.data.loading import load_data
    from ..learned.keras_loading import load_keras
    from ..learned.training.products import check_place

    try:
        plan = Plan(model, seeds, epochs, kernels, size, margin)
    except InputError as error:
        raise click.UsageError(str(error)) from error
    path = Path(f"ablation-{model}.json") if out is None else out
    check_place(path)
    load_keras()
    say = quiet if as_json else Speaker()
    job = JOBS[model]
    pictures = load_data(
        job.data if data is None else data,
        folder=data_dir,
        limit=job.pictures if limit is None else limit,
        report=lambda done, many: say(f"making pictures: {done} of {many}", done == many),
    )
    made = run(
        plan, pictures, path, resume=resume, command=command_line(ctx, _UNRECORDED),
        report=lambda progress: say(*_said(progress)),
    )  # fmt: skip
    if made.ablation is None:
        if sys.stderr.isatty():
            click.echo(err=True)  # the line that was being overwritten ends here
        click.echo(
            f"stopped after {made.done} of {made.runs} runs;"
            " the same command with --resume goes on",
            err=True,
        )
        sys.exit(_INTERRUPTED)
    if as_json:
        echo_json(made.ablation.as_json())
        return
    for line in _table(made.ablation):
        click.echo(line)
    click.echo(f"{display_path(path)}: the result")


def _said(now: RunProgress) -> tuple[str, bool]:
    run = now.progress
    figures = run.figures
    parts = [
        f"run {now.number} of {now.runs}",
        f"{now.arm}, seed {now.seed}",
        f"epoch {run.epoch} of {run.epochs}",
    ]
    if figures is None:
        parts.append(f"{100 * run.step // run.steps}%")
    elif figures.test_accuracy is None:
        parts.append(f"test loss {figures.test_loss:.4f}")
    else:
        parts.append(f"test accuracy {figures.test_accuracy:.4f}")
    if now.seconds_left:
        parts.append(f"{time_text(now.seconds_left)} left")
    return ", ".join(parts), figures is not None and run.epoch == run.epochs


def _table(made: Ablation) -> list[str]:
    """The scores, arm by arm, and what their differences show."""
    width = max(len(arm.name) for arm in made.arms)
    lines = [f"{made.model} on {made.data}: {made.measure}; seeds {_listed(made.seeds)}"]
    for arm in made.arms:
        scores = "  ".join(f"{score:.4f}" for score in arm.scores)
        lines.append(f"  {arm.name.ljust(width)}  mean {arm.mean:.4f}   {scores}")
    lines.append("differences in points (hundredths), with 95% intervals over the seeds")
    pairs = [f"{one.better} - {one.than}" for one in made.contrasts]
    for pair, one in zip(pairs, made.contrasts, strict=True):
        lines.append(
            f"  {pair.ljust(max(map(len, pairs)))}  {100 * one.mean:+6.2f}"
            f"  ({100 * one.low:+.2f} to {100 * one.high:+.2f})  {one.verdict}"
        )
    return [*lines, made.reading]


def _listed(seeds: tuple[int, ...]) -> str:
    return ", ".join(map(str, seeds))
