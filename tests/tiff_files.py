"""TIFFs in a folder, and what must be said of those that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from filt.filters.errors import ReadError
from filt.filters.files.reading import read_image

CORRUPT = "truncated or corrupt TIFF"


def save(folder: Path, data: bytes) -> Path:
    path = folder / "picture.tif"
    path.write_bytes(data)
    return path


def refused(path: Path, reason: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_image(path)
    assert str(caught.value) == f"{path}: {reason}"
