"""filt train: let a network learn kernels."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..filters.errors import InputError
from ..filters.files.disk import display_path, make_folder
from .options import AT_LEAST_ONE, command_line, data_options, echo_json, json_option
from .progress import Speaker, quiet, time_text

if TYPE_CHECKING:
    from ..learned.data.data_set import DataSet
    from ..learned.training.settings import Progress
    from ..learned.training.training import Trained

MODELS = ("edges", "small", "notes-cnn", "notes-dnn", "lenet5")
_UNRECORDED = ("resume", "as_json", "data_dir")
_INTERRUPTED = 130


class Seeds(click.ParamType[Any]):
    """Seeds as whole numbers with commas between them."""

    name = "n,n,…"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """The numbers; anything else is wrong usage."""
        if isinstance(value, tuple):
            return value
        try:
            seeds = tuple(int(part) for part in value.split(","))
        except ValueError:
            seeds = ()
        if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
            self.fail(f"seeds are whole numbers, all different, got {value!r}", param, ctx)
        return seeds


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
@click.option("--seeds", type=Seeds(), help="Train once with each of these seeds.")
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
    as_json: bool,
) -> None:
    """Let a network learn kernels: filt train writes edges.keras and its kernels, edges.npz.

    Without options it learns to find edges, from generated pictures, in a few minutes. Ctrl-C
    keeps the best so far, and --resume goes on from there. The same command gives the same
    kernels on the same machine.
    """
    from ..learned.data.loading import load_data
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
    pictures = load_data(
        source, folder=data_dir, task=task, channels=1 if grey else 3, limit=limit,
        report=lambda done, many: say(f"making pictures: {done} of {many}", done == many),
    )  # fmt: skip
    results = []
    for plan in plans:
        place = prefix
        if len(plans) > 1:
            place = prefix.with_name(f"{prefix.name}-seed{plan.seed}")
        trained = run(
            plan, pictures, place, control=random_labels, resume=resume,
            command=command_line(ctx, _UNRECORDED),
            report=lambda progress: say(*_progress(progress)),
        )  # fmt: skip
        if not trained.finished and sys.stderr.isatty():
            click.echo(err=True)  # the line that was being overwritten ends here
        results.append(_facts(plan.seed, trained, pictures))
        if not as_json:
            for line in _report(results[-1], kind.has_bank):
                click.echo(line)
        if not trained.finished:
            if as_json:
                echo_json(results)
            sys.exit(_INTERRUPTED)
    if as_json:
        echo_json(results)
    elif len(results) > 1:
        click.echo(_over_seeds(results))


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


def _facts(seed: int, trained: Trained, data: DataSet) -> dict[str, Any]:
    state, control = trained.state, trained.control
    kept = state.history[trained.kept - 1] if trained.kept else None
    return {
        "seed": seed,
        "finished": trained.finished,
        "epochs": state.epoch,
        "kept_epoch": trained.kept,
        "loss": kept and kept.test_loss,
        "accuracy": kept and kept.test_accuracy,
        "random_labels_accuracy": control and control.history[-1].test_accuracy,
        "random_labels_loss": control and control.history[-1].test_loss,
        "data": data.name,
        "data_sha256": data.sha256,
        "files": [display_path(path) for path, _ in trained.made.files],
        "about": [about for _, about in trained.made.files],
    }


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
