"""SECURITY.md states the limits that the code has, and the options that change them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from filt.cli import main
from filt.filters import recipes, sizes
from filt.filters.engine import threads
from filt.filters.files import headers, jpeg, reading, taps, tiff, tiff_directory
from filt.filters.scoring import mat_files, score
from filt.learned.files import edge_files, hdf5_format, keras_config, limits, zip_safety
from filt.learned.matching import matching
from fuzz import bounds

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
MEBIBYTE = 1 << 20


def mebibytes(count):
    assert count % MEBIBYTE == 0
    return f"{count // MEBIBYTE:,} MiB"


LIMITS = {
    "pixels of a picture": f"{reading.MAX_PIXELS:,}",
    "bytes of a picture file": (
        f"{mebibytes(reading._BYTES_BESIDE)} and {reading._BYTES_A_PIXEL} bytes for each pixel"
    ),
    "chunks of a PNG or WebP, and markers of a JPEG before its first scan, and behind": (
        f"{headers.MOST_CHUNKS:,}"
    ),
    "pages of a TIFF": f"{tiff_directory._MOST_PAGES:,}; one is read",
    "bytes of the tables that the JPEGs in a TIFF share": (
        f"{tiff._MOST_TABLES:,}; and each has at most {jpeg.MOST_INSIDE} markers"
    ),
    "bytes of a file of taps": mebibytes(taps.LARGEST_FILE),
    "side of a kernel made by name": f"{recipes.LARGEST_SIDE:,} taps",
    "pixels that a window covers, its gaps and a pool's too": f"{sizes.LARGEST_COVERED:,}",
    "bytes of a .mat file of boundaries to score by": (
        f"{mebibytes(mat_files._LARGEST_FILE)},"
        f" and {mebibytes(mat_files._LARGEST_CONTENT)} unpacked"
    ),
    "thresholds to score at": f"{score.LARGEST_COUNT:,}",
    "untrained kernels that a bank is compared with": f"{matching._MOST_SAMPLES:,}",
    "bytes of a model file": mebibytes(limits.LARGEST_FILE),
    "bytes of one array of weights": mebibytes(limits.LARGEST_TENSOR),
    "bytes that a packed member of an archive unpacks to": (
        f"{mebibytes(limits.LARGEST_UNPACKED)}, and {zip_safety._MOST_EXPANSION} times what it is"
        f" packed to above {mebibytes(zip_safety._EXPANSION_FLOOR)}"
    ),
    "bytes of a model's description (JSON)": mebibytes(limits.LARGEST_TEXT),
    "bytes of an HDF5 file that describe and are no values": mebibytes(
        hdf5_format._MOST_DESCRIPTION
    ),
    "layers of a model": f"{keras_config._MOST_LAYERS:,}",
    "bytes of an edge network": f"{edge_files._MOST_BYTES:,}",
    "seconds for one damaged model": f"{bounds.SECONDS}, in the tests",
    "threads": "one for each processor",
}


def rows():
    table = PAGE.split("## Limits")[1].split("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("|")][2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {what: (limit, option) for what, limit, option in cells}


def test_every_limit_has_its_row_and_every_row_its_limit():
    assert rows().keys() == LIMITS.keys()


@pytest.mark.parametrize("what", LIMITS)
def test_a_row_states_what_the_code_has(what):
    assert rows()[what][0].startswith(LIMITS[what])


def test_the_bounds_of_a_model_are_stated():
    said = (
        f"within {bounds.SECONDS} seconds of the processor's time and {bounds.MEMORY // 10**6} MB"
    )
    assert said in PAGE


def test_the_options_exist():
    options = {
        option
        for name in ("apply", "edges", "sheet", "explain", "compare", "score")
        for parameter in main.get_command(None, name).params
        for option in parameter.opts
    }
    named = set(re.findall(r"`(--[a-z-]+)", PAGE.split("## Limits")[1].split("\n## ")[0]))
    assert named
    assert named <= options
    assert f"`{threads.ENVIRONMENT}=N`" in PAGE


def test_every_command_that_reads_pictures_has_the_limit():
    for name in ("apply", "edges", "sheet", "explain", "compare"):
        options = {opt for one in main.get_command(None, name).params for opt in one.opts}
        assert {"--max-pixels", "--page"} <= options


def test_what_is_linked_exists():
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        assert (ROOT / target).exists()
