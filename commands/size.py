"""filt size: sizes, parameters and receptive fields through a network."""

from __future__ import annotations

from dataclasses import asdict

import click

from ..filters.errors import InputError
from .options import echo_json, json_option, one_line

HELP = """Work out sizes: filt size 39x39x3 conv3x10 conv5s2x20 conv5s2x40 pool2 flatten dense10.

\b
PICTURE   H, HxW or HxWxCHANNELS
convK     a K×K convolution: s STRIDE, p PADDING or same, d DILATION, x FILTERS
poolK     a K×K pooling: s STRIDE (K where none is given)
flatten, globalpool, denseN

It prints the size after every layer, the numbers that it learns, and how many pixels of the
picture, along one side, one of its units sees. Without channels it counts no parameters.
"""


@click.command(help=HELP, short_help="work out sizes through a network")
@click.argument("picture")
@click.argument("layers", nargs=-1, metavar="LAYER...")
@json_option
def size(*, picture: str, layers: tuple[str, ...], as_json: bool) -> None:
    """Work out the sizes through a network."""
    from ..filters.presentation import size_text
    from ..filters.size_chain import size_chain, total_parameters

    try:
        rows = size_chain([picture, *layers])
    except InputError as error:
        raise click.UsageError(one_line(str(error))) from error
    if as_json:
        facts = {"layers": [asdict(row) for row in rows], "parameters": total_parameters(rows)}
        echo_json(facts)
    else:
        click.echo(size_text(rows))
