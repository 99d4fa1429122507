"""filt extract: the first-layer kernels of a model, and what they are like."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..filters.files.disk import check_writable, display_path
from ..filters.files.outputs import check_not_read
from ..filters.files.writing import write_image
from ..filters.picture import Picture
from .options import LocalPath, clobber_option, echo_json, json_option, one_line

if TYPE_CHECKING:
    from ..filters.drawing.layout import Pixels
    from ..learned.kernel_bank import KernelBank
    from ..learned.matching.matches import BankMatch, KernelMatch

_LEGEND = """\
nearest: the family of handcrafted kernels that it is like; |cos|: the cosine with its nearest
member, mean left out; before: that of the same kernel before training; chance: 95% of untrained
kernels stay below it; p: how many of them come as near to anything; * marks the non-random.
rises: where a gradient gets brighter, else the direction across (0 right, 90 down); cycles per
pixel where it answers most; mean: the share of its energy that is a plain average, with the sign
of its sum. dead: nothing between black and white gets through its ReLU; = NAME: the taps are that
handcrafted kernel's, but for their strength."""


@click.command(short_help="pull kernels out of a model")
@click.argument("model", metavar="MODEL", type=LocalPath())
@click.option("--layer", metavar="NAME", help="This layer, not the first convolution.")
@click.option(
    "--layout",
    type=click.Choice(["keras", "pytorch"]),
    help="The order of the axes, where a file of weights does not tell.",
)
@click.option("--png", type=click.Path(path_type=Path), help="Draw the kernels into this file.")
@click.option(
    "--scale",
    type=click.Choice(["each", "common"]),
    default="each",
    show_default=True,
    help="Draw each kernel on its own scale, or all on one.",
)
@click.option(
    "--rows",
    type=click.Choice(["kernels", "change", "epochs"]),
    help="Draw the kernels, their change by training, or every epoch.  [default: change, where "
    "the untrained ones are known]",
)
@click.option("--npz", type=click.Path(path_type=Path), help="Write them as a kernel bank.")
@json_option
@clobber_option
def extract(
    *,
    model: str,
    layer: str | None,
    layout: str | None,
    png: Path | None,
    scale: str,
    rows: str | None,
    npz: Path | None,
    as_json: bool,
    no_clobber: bool,
) -> None:
    """Pull the first layer's kernels out of a model, and say what each is like.

    MODEL is a file (.keras, .h5, .weights.h5, .safetensors, .npz), read as data: nothing in it can
    run, and TensorFlow is not needed; or learned, learned-fashion, learned-notes. Each likeness
    stands beside that of untrained kernels: a random kernel is like something too.
    """
    from ..learned.matching.matching import match_bank

    bank = _read(model, layer, layout)
    for target in (png, npz):
        if target is not None:
            check_not_read(target, [model])
            check_writable(target, clobber=not no_clobber)
    match = match_bank(bank)
    if png is not None:
        drawn = _drawn(bank, match, scale, rows)
        write_image(png, Picture(drawn, 255.0, drawn.dtype), clobber=not no_clobber)
    if npz is not None:
        from ..learned.files.bank_files import save_bank

        save_bank(npz, bank, clobber=not no_clobber)
    if as_json:
        echo_json(_facts(bank, match))
    else:
        click.echo(bank_text(bank, match))
    for target in (png, npz):
        if target is not None:
            click.echo(f"wrote {display_path(target)}", err=as_json)


def _read(model: str, layer: str | None, layout: str | None) -> KernelBank:
    from ..learned.files.model_files import read_model
    from ..learned.named_banks import BANKS, open_bank

    if model not in BANKS:
        return read_model(model, layer=layer, layout=layout)
    if layer or layout:
        raise click.UsageError(f"--layer and --layout are for files, {model} ships with filt")
    return open_bank(model)


def bank_text(bank: KernelBank, match: BankMatch) -> str:
    """A bank and its match as a table for the terminal, and what may be claimed of it.

    >>> from ..learned.kernel_bank import KernelBank
    >>> from ..learned.matching.matching import match_bank
    >>> bank = KernelBank.from_names(["sobel-x"])
    >>> print(bank_text(bank, match_bank(bank)).splitlines()[4].split()[:4])
    ['0*', 'gradient', '1.00', '-']
    """
    head = [
        "#", "nearest", "|cos|", "before", "chance", "p", "rises", "cycles", "sum", "mean", ""
    ]  # fmt: skip
    table = [head, *(_row(kernel) for kernel in match.kernels)]
    widths = [max(len(cells[n]) for cells in table) for n in range(len(head))]
    lines = [one_line(bank.title), one_line(str(bank.use)), ""]
    lines += [
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in table
    ]
    return "\n".join([*lines, "", match.summary, "", _LEGEND])


def _row(kernel: KernelMatch) -> list[str]:
    numbered = f"{kernel.index}{'*' if kernel.non_random else ''}"
    notes = list(kernel.flags)
    if kernel.identical:
        notes.append(f"= {'-' * (kernel.identical_sign < 0)}{kernel.identical}")
    measured = [f"{kernel.sum:.3g}", _signed_share(kernel.dc_share), ", ".join(notes)]
    if not kernel.family:
        return [numbered, *["-"] * 7, *measured]
    angle = kernel.theta if kernel.family == "gradient" else kernel.direction
    sign = "-" if kernel.sign < 0 else ""
    return [
        numbered,
        sign + kernel.family,
        f"{kernel.cosine:.2f}",
        "-" if kernel.untrained is None else f"{kernel.untrained:.2f}",
        f"{kernel.chance_q95:.2f}",
        f"{kernel.p:.2g}",
        "-" if angle is None else f"{angle:.0f}°",
        f"{kernel.frequency:.2f}",
        *measured,
    ]


def _signed_share(share: float) -> str:
    return f"{share:+.0%}" if abs(share) >= 0.005 else "0%"


def _facts(bank: KernelBank, match: BankMatch) -> dict[str, Any]:
    return {
        "name": bank.name,
        "shape": list(bank.kernels.shape),
        "use": bank.use.as_json(),
        "provenance": bank.provenance.as_json(),
        **asdict(match),
        "summary": match.summary,
    }


def _drawn(bank: KernelBank, match: BankMatch, scale: str, rows: str | None) -> Pixels:
    from ..learned.bank_pictures import bank_picture

    words = [
        f"{'-' * (kernel.sign < 0)}{kernel.family} {kernel.cosine:.2f}" if kernel.family else ""
        for kernel in match.kernels
    ]
    return bank_picture(bank, scale, rows, words)
