"""What several rows need to hand a picture to a peer."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..row import Array, only

_VIPS_FORMATS = {"uint8": "uchar", "float32": "float"}
_NUMPY_FORMATS = {vips: numpy for numpy, vips in _VIPS_FORMATS.items()}


def kornia_image(picture: Array) -> Any:
    """A float picture as a tensor of (1, 1, height, width) on the same memory."""
    import torch

    only(picture, dtype="float32", grey=True)
    return torch.from_numpy(picture)[None, None]


def vips_image(picture: Array) -> Any:
    """A picture as pyvips sees it, on the same memory; vips is to remember no results."""
    import pyvips

    pyvips.cache_set_max(0)
    height, width = picture.shape[:2]
    bands = 1 if picture.ndim == 2 else picture.shape[2]
    return pyvips.Image.new_from_memory(
        picture.data, width, height, bands, _VIPS_FORMATS[picture.dtype.name]
    )


def vips_plane(image: Any, picture: Array) -> Array:
    """A pyvips image, computed, in the shape of `picture`."""
    values = np.frombuffer(image.write_to_memory(), _NUMPY_FORMATS[image.format])
    return values.reshape(picture.shape)


def pillow_image(picture: Array) -> Any:
    """A picture as Pillow holds it; it filters 8 bits only."""
    from PIL import Image

    only(picture, dtype="uint8")
    return Image.fromarray(picture)
