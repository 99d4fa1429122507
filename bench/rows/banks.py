"""A convolutional layer: sixteen kernels of 7×7 over three channels."""

from __future__ import annotations

from functools import partial
from typing import Any

import cv2
import numpy as np

import filt
from filt.learned.shipped import shipped_bank

from ..agreement import Agreement, close
from ..row import Array, Peer, Row
from ..timing import Call

COUNT, SIDE = 16, 7


def bank() -> Array:
    """The kernels (7, 7, 3, 16): what was learned in grey, with a random weight for each colour."""
    weights = np.random.default_rng(7).standard_normal((3, COUNT))
    coloured: Array = shipped_bank("learned").kernels * weights
    return coloured.astype(np.float32)


def by_filt(picture: Array) -> Call:
    """The correlate_bank of filt, everything outside the picture being zero."""
    kernels = bank()
    out = np.empty((*picture.shape[:2], COUNT), np.float32)
    return lambda: filt.correlate_bank(picture, kernels, mode="same", border="zero", out=out)


def by_opencv(picture: Array) -> Call:
    """filter2D for every kernel and channel, summed; gives sixteen planes."""
    kernels = bank()
    parts = [np.ascontiguousarray(kernels[:, :, c, n]) for n in range(COUNT) for c in range(3)]
    planes = [np.empty(picture.shape[:2], np.float32) for _ in range(3)]
    out, part = np.empty((COUNT, *picture.shape[:2]), np.float32), np.empty_like(planes[0])

    def run() -> Any:
        cv2.split(picture, planes)
        for number, taps in enumerate(parts):
            kernel, channel = divmod(number, 3)
            first = channel == 0
            cv2.filter2D(
                planes[channel], cv2.CV_32F, taps, dst=out[kernel] if first else part,
                borderType=cv2.BORDER_CONSTANT,
            )  # fmt: skip
            if not first:
                cv2.add(out[kernel], part, dst=out[kernel])
        return np.moveaxis(out, 0, -1)

    return run


def by_keras(picture: Array) -> Call:
    """A compiled Keras Conv2D on the CPU; gives a batch of one."""
    import keras
    import tensorflow

    layer = keras.layers.Conv2D(COUNT, SIDE, padding="same", use_bias=False)
    layer.build((None, *picture.shape))
    layer.set_weights([bank()])
    compiled = tensorflow.function(layer)
    batch = tensorflow.convert_to_tensor(picture[None])
    return partial(compiled, batch)


def by_torch(picture: Array) -> Call:
    """PyTorch's conv2d, channels last."""
    import torch

    weights = torch.from_numpy(np.ascontiguousarray(bank().transpose(3, 2, 0, 1)))
    image = torch.from_numpy(picture).permute(2, 0, 1)[None]

    def run() -> Any:
        with torch.inference_mode():
            found = torch.nn.functional.conv2d(image, weights, padding=SIDE // 2)
            return found[0].permute(1, 2, 0)

    return run


_ALIKE = close(1e-4, SIDE)


def first_alike(ours: Any, others: Any) -> Agreement:
    """Compares with the first and only result of a batch."""
    return _ALIKE(ours, np.asarray(others)[0])


ROWS = (
    Row(
        "16 learned 7×7×3 kernels",
        by_filt,
        (
            Peer("OpenCV", by_opencv, compare=_ALIKE, target=0.6),
            Peer("Keras", by_keras, ("tensorflow", "keras"), first_alike),
            Peer("PyTorch", by_torch, ("torch",), _ALIKE),
        ),
        size="1",
        dtype="float32",
        colour="rgb",
    ),
)
