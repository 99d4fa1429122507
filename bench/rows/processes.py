"""Whole processes: from the command line to the written file, start and end included.

All read the same files and write the same format with the same settings: JPEG at quality 95, PNG at
compression 4. vips has no sobel-x: its sobel takes both slopes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from ..agreement import Agreement, Compare, close, not_compared
from ..pictures import made_of
from ..row import Array, Command, Peer, Prepare, Row

PHOTOS = 200
_DIFFERENT = 8
_SHAPE = (800, 1250)
_SETTINGS = {".jpg": [cv2.IMWRITE_JPEG_QUALITY, 95], ".png": [cv2.IMWRITE_PNG_COMPRESSION, 4]}
_VIPS_SETTINGS = {".jpg": "[Q=95]", ".png": "[compression=4]"}
_MAGICK_SETTINGS = {
    ".jpg": ("-quality", "95"),
    ".png": ("-define", "png:compression-level=4"),
}
_SOBEL = ("-morphology", "Convolve", "Sobel")

Words = Callable[[Path, Path], tuple[str, ...]]
"""From the file to read, or the folder, and the file to write, or the folder, to a command."""


def written(path: Path, picture: Array) -> None:
    """Write a picture, RGB or grey, floats from 0 to 1 as 8 bits."""
    pixels = picture if picture.dtype == np.uint8 else np.rint(picture * 255).astype(np.uint8)
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    path.write_bytes(cv2.imencode(path.suffix, pixels, _SETTINGS[path.suffix])[1].tobytes())


def one_file(suffix: str, words: Words) -> Prepare:
    """A command on one file of a format."""

    def prepare(picture: Array) -> Command:
        folder = TemporaryDirectory()
        source, target = (
            Path(folder.name, part, "photo").with_suffix(suffix) for part in ("source", "result")
        )
        source.parent.mkdir()
        target.parent.mkdir()
        written(source, picture)
        return Command(words(source, target), target, folder)

    return prepare


def many_files(words: Words) -> Prepare:
    """A command on a folder of photos of one megapixel each; a smaller picture makes 5 of them."""

    def prepare(picture: Array) -> Command:
        folder = TemporaryDirectory()
        sources, targets = (Path(folder.name, name) for name in ("photos", "results"))
        for new in (sources, targets):
            new.mkdir()
        shape = (*_SHAPE, 3) if picture.ndim == 3 else _SHAPE
        count = PHOTOS if picture.shape[0] >= _SHAPE[0] else 5
        for number in range(count):
            path = sources / f"{number:03}.jpg"
            if number < _DIFFERENT:
                written(path, made_of(shape, "uint8", number))
            else:
                path.write_bytes((sources / f"{number % _DIFFERENT:03}.jpg").read_bytes())
        return Command(words(sources, targets), targets, folder)

    return prepare


def filt_words(*files: str, into: Path) -> tuple[str, ...]:
    """The words of filt on files; --show clip is what the others do."""
    program = "from filt.cli import main; main()"
    words = ("apply", "sobel-x", *files, "-o", str(into), "--show", "clip")
    return (sys.executable, "-c", program, *words)


def filt_one(source: Path, target: Path) -> tuple[str, ...]:
    """Filt on a file."""
    return filt_words(str(source), into=target)


def filt_many(sources: Path, targets: Path) -> tuple[str, ...]:
    """Filt on a folder."""
    return filt_words(*map(str, sorted(sources.iterdir())), into=targets)


def vips_one(source: Path, target: Path) -> tuple[str, ...]:
    """The command line of vips on a file."""
    return ("vips", "sobel", str(source), f"{target}{_VIPS_SETTINGS[target.suffix]}")


def vips_many(sources: Path, targets: Path) -> tuple[str, ...]:
    """A loop of vips in the shell."""
    loop = 'for f in "$1"/*.jpg; do vips sobel "$f" "$2/${f##*/}[Q=95]" || exit 1; done'
    return ("sh", "-c", loop, "sh", str(sources), str(targets))


def magick_words(*files: Path, into: Path) -> tuple[str, ...]:
    """The words of ImageMagick on files."""
    settings = _MAGICK_SETTINGS[files[0].suffix]
    return ("mogrify", "-path", str(into), *_SOBEL, *settings, *map(str, files))


def magick_one(source: Path, target: Path) -> tuple[str, ...]:
    """ImageMagick on a file."""
    return magick_words(source, into=target.parent)


def magick_many(sources: Path, targets: Path) -> tuple[str, ...]:
    """ImageMagick's mogrify on a folder."""
    return magick_words(*sorted(sources.iterdir()), into=targets)


def files_alike(tolerance: float) -> Compare:
    """Compares what two commands wrote: a file each, or the first file of a folder each."""
    inner = close(tolerance, 3)

    def pixels(path: Path) -> Any:
        file = min(path.iterdir()) if path.is_dir() else path
        return cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)

    def compare(ours: Any, others: Any) -> Agreement:
        return inner(pixels(ours), pixels(others))

    return compare


_BOTH_SLOPES = not_compared("it takes both slopes")


def on_a_file(suffix: str, tolerance: float, beside_vips: float) -> Row:
    """One file of a format."""
    alike = files_alike(tolerance)
    name = {".jpg": "JPEG", ".png": "PNG"}[suffix]
    return Row(
        f"filt apply sobel-x, {name}",
        one_file(suffix, filt_one),
        (
            Peer("vips", one_file(suffix, vips_one), ("vips",), _BOTH_SLOPES, beside_vips),
            Peer("ImageMagick", one_file(suffix, magick_one), ("mogrify",), alike, 0.4),
        ),
        dtype="uint8",
    )


ROWS = (
    on_a_file(".jpg", 0.05, 1.2),
    on_a_file(".png", 0.01, 1.0),
    Row(
        f"filt apply sobel-x, {PHOTOS} JPEG",
        many_files(filt_many),
        (
            Peer("ImageMagick", many_files(magick_many), ("mogrify",), files_alike(0.05), 0.35),
            Peer("vips", many_files(vips_many), ("vips",), _BOTH_SLOPES, 0.8),
        ),
        size="1",
        dtype="uint8",
    ),
)
