"""filt train: let a network learn kernels."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..filters.errors import InputError
from ..filters.files.disk import make_folder
from .options import (
    AT_LEAST_ONE,
    command_line,
    dask_option,
    data_options,
    echo_json,
    json_option,
)
from .progress import Speaker, quiet, time_text
from .seeds import DataGiven, SeedJob, facts_of, seeds_spread

if TYPE_CHECKING:
    from ..learned.training.settings import Progress

MODELS = ("edges", "small", "notes-cnn", "notes-dnn", "lenet5")
_UNRECORDED = ("resume", "as_json", "data_dir", "dask")
_INTERRUPTED = 130
_MOST_SEEDS = 100_000


class Seeds(click.ParamType[Any]):
    """How many seeds, from 0 on; or whole numbers and ranges of them (3-7), with commas."""

    name = "n|n-n,…"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """The numbers; anything else is wrong usage."""
        if isinstance(value, tuple):
            return value
        try:
            # A single number is how many, as for `filt ablate`; one seed alone is --seed.
            counted = f"0-{int(value) - 1}" if value.isdecimal() else value
            seeds = tuple(seed for part in counted.split(",") for seed in _range(part))
        except ValueError:
            seeds = ()
        if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
            self.fail(f"seeds are whole numbers, all different, got {value!r}", param, ctx)
        return seeds


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    found = range(int(first), int(last or first) + 1)
    if len(found) > _MOST_SEEDS:
        raise ValueError
    return found


@click.command(short_help="let a network learn kernels")
@click.option(
    "-o",
    "--out",
    metavar="DIR|PREFIX",
    help="Write PREFIX.keras, PREFIX.npz and so on.  [default: the model's name]",
)
@click.option(
    "--model",
    type=click.Choice(MODELS),
    default="edges",
    show_default=True,
    help="What is trained; edges and small have a first layer to choose.",
)
@data_options
@click.option(
    "--task",
    type=click.Choice(["picture", "rotation"]),
    help="What is learned from photos.  [default: picture]",
)
@click.option(
    "--kernels",
    type=AT_LEAST_ONE,
    help="How many the first layer has (edges, small).  [default: 16]",
)
@click.option(
    "--size", type=AT_LEAST_ONE, help="Their height and width (edges, small).  [default: 7]"
)
@click.option(
    "--init-scale",
    type=float,
    help="Start them at this share of Keras's usual scale (edges, small).  [default: 0.1]",
)
@click.option("--gray/--rgb", "grey", default=True, help="What is seen of colour.  [default: gray]")
@click.option(
    "--epochs",
    type=AT_LEAST_ONE,
    help="How often every picture is seen.  [default: 5; 4 for small]",
)
@click.option(
    "--batch",
    type=AT_LEAST_ONE,
    help="How many pictures at a time.  [default: 32; 16 for edges, 64 for small]",
)
@click.option("--limit", type=AT_LEAST_ONE, help="Train on so many pictures, the first ones.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="What the start and the order of pictures come from.",
)
@click.option("--seeds", type=Seeds(), help="Train with so many seeds, or with these.")
@dask_option
@click.option(
    "--random-labels",
    is_flag=True,
    help="Train again on labels that carry nothing: the control run.",
)
@click.option("--resume", is_flag=True, help="Go on where a stopped training left its checkpoint.")
@json_option
@click.pass_context
def train(
    ctx: click.Context,
    *,
    out: str | None,
    model: str,
    data: str | None,
    data_dir: Path | None,
    task: str | None,
    kernels: int | None,
    size: int | None,
    init_scale: float | None,
    grey: bool,
    epochs: int | None,
    batch: int | None,
    limit: int | None,
    seed: int,
    seeds: tuple[int, ...] | None,
    random_labels: bool,
    resume: bool,
    dask: str | None,
    as_json: bool,
) -> None:
    """Let a network learn kernels: filt train writes edges.keras and its kernels, edges.npz.

    Without options it learns to find edges, from generated pictures, in a few minutes. Ctrl-C
    keeps the best so far, and --resume goes on from there. The same command gives the same
    kernels on the same machine.
    """
    from ..learned.keras_loading import load_keras
    from ..learned.training.models import FirstLayer, model_kind
    from ..learned.training.products import check_place
    from ..learned.training.settings import settings_for
    from ..learned.training.training import train as run

    kind = model_kind(model)
    chosen = {"kernels": kernels, "size": size, "init_scale": init_scale}
    given = {name: value for name, value in chosen.items() if value is not None}
    try:
        first = FirstLayer(**given) if given else None  # type: ignore[arg-type]
        every = seeds or (seed,)
        plans = [
            settings_for(model, epochs=epochs, batch=batch, seed=number, first=first)
            for number in every
        ]
    except InputError as error:
        raise click.UsageError(str(error)) from error
    if not grey and kind.finds_edges:
        raise click.UsageError("edges sees grey pictures: --rgb is not for it")
    prefix = _prefix(out, model)
    check_place(prefix)
    load_keras()
    say = quiet if as_json else Speaker()
    source = kind.data if data is None else data
    given_data = DataGiven(source, data_dir, task, 1 if grey else 3, limit)
    if len(plans) == 1:
        jobs = [SeedJob(plans[0], prefix, command_line(ctx, _UNRECORDED))]
    else:
        places = [prefix.with_name(f"{prefix.name}-seed{plan.seed}") for plan in plans]
        jobs = [
            SeedJob(plan, place, _alone(ctx, plan.seed, place))
            for plan, place in zip(plans, places, strict=True)
        ]

    def one_by_one() -> Iterator[dict[str, Any]]:
        pictures = given_data.loaded(say)
        for job in jobs:
            trained = run(
                job.plan, pictures, job.place, control=random_labels, resume=resume,
                command=job.command, report=lambda progress: say(*_progress(progress)),
            )  # fmt: skip
            if not trained.finished and sys.stderr.isatty():
                click.echo(err=True)  # the line that was being overwritten ends here
            yield facts_of(job.plan.seed, trained, pictures)

    results = []
    coming = one_by_one() if dask is None else seeds_spread(
        jobs, given_data, dask, control=random_labels, resume=resume
    )  # fmt: skip
    for facts in coming:
        results.append(facts)
        if not as_json:
            for line in _report(facts, kind.has_bank):
                click.echo(line)
        if not facts["finished"]:
            if as_json:
                echo_json(results)
            sys.exit(_INTERRUPTED)
    if as_json:
        echo_json(results)
    elif len(results) > 1:
        click.echo(_over_seeds(results))


def _alone(ctx: click.Context, seed: int, place: Path) -> str:
    """The command that trains with one of several seeds alone, and writes the same files."""
    words = shlex.split(command_line(ctx, (*_UNRECORDED, "seeds", "seed", "out")))[2:]
    alone = train.make_context("train", [*words, "--seed", str(seed), "-o", str(place)])
    return command_line(alone, _UNRECORDED)


def _prefix(out: str | None, model: str) -> Path:
    """The prefix of what is written: in a folder, the model's name."""
    if out is None:
        return Path(model)
    if out.endswith(("/", os.sep)):
        make_folder(out)
    return Path(out, model) if os.path.isdir(out) else Path(out)


def _progress(progress: Progress) -> tuple[str, bool]:
    parts = [f"epoch {progress.epoch} of {progress.epochs}"]
    if progress.random_labels:
        parts.insert(0, "random labels")
    figures = progress.figures
    if figures is None:
        parts.append(f"{100 * progress.step // progress.steps}%")
    parts.append(f"loss {progress.loss:.4f}")
    if progress.accuracy is not None:
        parts.append(f"accuracy {progress.accuracy:.4f}")
    if figures is not None:
        parts.append(f"test loss {figures.test_loss:.4f}")
        if figures.test_accuracy is not None:
            parts.append(f"test accuracy {figures.test_accuracy:.4f}")
    if progress.seconds_left:
        parts.append(f"{time_text(progress.seconds_left)} left")
    return ", ".join(parts), figures is not None


def _report(facts: dict[str, Any], has_bank: bool) -> list[str]:
    if not facts["files"]:
        return ["stopped before an epoch was over: nothing is kept"]
    lines = []
    if not facts["finished"]:
        lines.append(
            f"stopped after {facts['epochs']} epochs: the best so far is kept, that of epoch"
            f" {facts['kept_epoch']}; the same command with --resume goes on"
        )
    said = f"test loss {facts['loss']:.4f}"
    if facts["accuracy"] is not None:
        said += f", test accuracy {facts['accuracy']:.4f}"
    if facts["random_labels_accuracy"] is not None:
        said += f" (after random labels {facts['random_labels_accuracy']:.4f})"
    elif facts["random_labels_loss"] is not None:
        said += f" (after random labels {facts['random_labels_loss']:.4f})"
    lines.append(said)
    lines += [
        f"{path}: {about}" for path, about in zip(facts["files"], facts["about"], strict=True)
    ]
    if not has_bank:
        lines.append("no kernels: the model has dense layers only, and no convolution")
    return lines


def _over_seeds(results: list[dict[str, Any]]) -> str:
    what = "accuracy" if results[0]["accuracy"] is not None else "loss"
    values = [result[what] for result in results]
    mean = sum(values) / len(values)
    return (
        f"test {what} over {len(values)} seeds: mean {mean:.4f},"
        f" from {min(values):.4f} to {max(values):.4f}"
    )
