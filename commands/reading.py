"""The picture that a command is given, unless it is one to be taken some rows at a time."""

from __future__ import annotations

from pathlib import Path

from ..filters.files.formats import ZARR
from ..filters.files.reading import TooLargeError, read_image
from ..filters.files.remote import AnyPath
from ..filters.picture import Picture


def picture_of(
    source: AnyPath, target: Path, *, page: int | None, max_pixels: int
) -> Picture | None:
    """The picture in a file; None for one that is filtered some rows at a time: see `is_streamed`.

    Raises ReadError.
    """
    if _may_be_zarr(source, target) and _is_streamed(source, target, page, max_pixels):
        return None
    try:
        return read_image(source, page=page, max_pixels=max_pixels)
    except TooLargeError:
        if _is_streamed(source, target, page, max_pixels):
            return None
        raise


def _may_be_zarr(source: AnyPath, target: Path) -> bool:
    endings = source.suffix.lower(), target.suffix.lower()
    if ZARR in endings or endings[0] == ".zip":
        return True
    return isinstance(source, Path) and source.is_dir()


def _is_streamed(source: AnyPath, target: Path, page: int | None, max_pixels: int) -> bool:
    # What streams is much to load, and few pictures need it.
    from .streamed import is_streamed

    return is_streamed(source, target, page=page, max_pixels=max_pixels)
