"""Size arithmetic: how far an output reaches, what a layer costs, how much a unit sees.

The extent of every filter with taps is decided here and nowhere else: `padding_for` says how many
rows (or columns) a mode adds before and after, and floor((n + padding - f)/s) + 1 does the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .arrays import flag, whole
from .errors import InputError

MODES = ("same", "valid", "full", "keras-same")

LARGEST_COVERED = 1 << 26
"""Pixels that a window may cover, its gaps included."""


def reach(taps: int, dilation: int = 1) -> int:
    """The length that `taps` cover when they stand `dilation` apart: (taps - 1) * dilation + 1.

    Raises InputError for numbers below 1, TypeError for what is no whole number.

    >>> reach(3), reach(3, dilation=2)
    (3, 5)
    """
    return (whole(taps, "taps") - 1) * whole(dilation, "dilation") + 1


def check_covered(taps: Sequence[int], dilation: Sequence[int] = (1, 1)) -> None:
    """Raise InputError where taps, as far apart as they stand, cover more than is computed with.

    taps, dilation: along height and along width. What is laid on a picture is laid on its border
    too, so that a slip of a digit would eat the memory.

    >>> check_covered((3, 3), (1000, 1000))
    """
    high, wide = (reach(*pair) for pair in zip(taps, dilation, strict=True))
    if high * wide > LARGEST_COVERED:
        raise InputError(
            f"dilation or size is too large: a window of {high} x {wide} pixels,"
            f" the most is {LARGEST_COVERED} pixels"
        )


def padding_for(
    mode: str, length: int, taps: int, stride: int = 1, dilation: int = 1
) -> tuple[int, int]:
    """How many pixels `mode` adds (before, after) along one axis, before a valid pass.

    With f the reach of the dilated taps:
    "valid" adds nothing; "full" adds f - 1 on both sides; "same" adds f // 2 before and
    (f - 1) // 2 after, whatever the stride, so an even kernel looks one pixel further back than
    ahead; "keras-same" adds what ceil(length / stride) windows lack, the odd pixel after, as
    Keras and TensorFlow do for padding="same". At stride 1 and odd f the last two agree.

    Raises InputError for an unknown mode, for numbers below 1, and in "valid" for taps that reach
    further than `length`; TypeError for what is no whole number.

    >>> padding_for("same", 6, 3, stride=2), padding_for("keras-same", 6, 3, stride=2)
    ((1, 1), (0, 1))
    >>> padding_for("same", 6, 4), padding_for("keras-same", 6, 4)
    ((2, 1), (1, 2))
    """
    length, stride = whole(length, "length"), whole(stride, "stride")
    covered = reach(taps, dilation)
    match mode:
        case "same":
            return covered // 2, (covered - 1) // 2
        case "full":
            return covered - 1, covered - 1
        case "keras-same":
            lacking = max((-(-length // stride) - 1) * stride + covered - length, 0)
            return lacking // 2, lacking - lacking // 2
        case "valid":
            _check_fit(length, covered)
            return 0, 0
    raise InputError(f"mode must be one of {', '.join(MODES)}, got {mode!r}")


def output_size(
    length: int, taps: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """How many windows fit along one axis: floor((n + 2p - f)/s) + 1, f the dilated reach.

    padding: pixels added on each side. Raises InputError where not even one window fits and for
    numbers out of range, TypeError for what is no whole number.
    Source: V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning, 2016.

    >>> output_size(5, 3), output_size(7, 3, stride=2), output_size(224, 11, stride=4)
    (3, 3, 54)
    """
    return _steps(length, taps, stride, padding, dilation)[0] + 1


def divides(length: int, taps: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> bool:
    """Whether (n + 2p - f)/s is whole, so that the last window ends where the axis ends.

    Takes and raises what `output_size` does.

    >>> divides(227, 11, stride=4), divides(224, 11, stride=4)
    (True, False)
    """
    return _steps(length, taps, stride, padding, dilation)[1] == 0


def output_size_for(mode: str, length: int, taps: int, stride: int = 1, dilation: int = 1) -> int:
    """How many windows `mode` gives along one axis; the modes are those of `padding_for`.

    Raises what `padding_for` does.

    >>> [output_size_for(mode, 28, 3, stride=2) for mode in ("same", "valid", "full")]
    [14, 13, 15]
    """
    padding = sum(padding_for(mode, length, taps, stride, dilation))
    return (length + padding - reach(taps, dilation)) // stride + 1


def parameter_count(height: int, width: int, inputs: int, outputs: int, bias: bool = True) -> int:
    """The numbers that a convolutional layer learns: (height · width · inputs + bias) · outputs.

    height, width: the kernel's, whatever the image is. A dense layer is a 1 × 1 convolution over
    its inputs. Raises InputError for numbers below 1, TypeError for what is no whole number.

    >>> parameter_count(3, 3, 3, 1), parameter_count(3, 3, 3, 10), parameter_count(1, 1, 4096, 1000)
    (28, 280, 4097000)
    """
    weights = whole(height, "height") * whole(width, "width") * whole(inputs, "inputs")
    return (weights + flag(bias, "bias")) * whole(outputs, "outputs")


def receptive_field(layers: Iterable[tuple[int, ...]]) -> int:
    """How many input pixels along one axis one unit sees after `layers`.

    layers: (taps, stride) or (taps, stride, dilation) of each convolution and pooling, in order.
    Every layer adds (reach - 1) times the product of the strides before it.
    Raises InputError for other shapes and for numbers below 1, TypeError for no whole numbers.
    Source: A. Araujo et al., Computing receptive fields of convolutional neural networks, 2019.

    >>> receptive_field([(3, 1), (5, 2), (5, 2)])
    15
    """
    field, jump = 1, 1
    if not isinstance(layers, Iterable):
        raise TypeError(f"layers must be several (taps, stride[, dilation]), got {layers!r}")
    for layer in layers:
        if not isinstance(layer, tuple | list) or len(layer) not in (2, 3):
            raise InputError(f"a layer must be (taps, stride[, dilation]), got {layer}")
        field, jump = widened(field, jump, *layer)
    return field


def widened(field: int, jump: int, taps: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """The receptive field and the jump after one more layer.

    field: input pixels that a unit sees; jump: input pixels between neighbouring units.
    Raises InputError for numbers below 1, TypeError for what is no whole number.

    >>> widened(3, 1, 5, stride=2)
    (7, 2)
    """
    field = whole(field, "field") + (reach(taps, dilation) - 1) * whole(jump, "jump")
    return field, jump * whole(stride, "stride")


def _steps(length: int, taps: int, stride: int, padding: int, dilation: int) -> tuple[int, int]:
    """Whole strides from the first window to the last, and the pixels that are left over."""
    padded = whole(length, "length") + 2 * whole(padding, "padding", least=0)
    covered = reach(taps, dilation)
    _check_fit(padded, covered)
    return divmod(padded - covered, whole(stride, "stride"))


def _check_fit(length: int, covered: int) -> None:
    if covered > length:
        raise InputError(f"a window of {covered} does not fit into a length of {length}")
