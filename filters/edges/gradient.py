"""Gradients: how steeply a picture changes, and in which direction, at every pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ..arrays import Array, as_image, checked_image, finite, one_of, working_dtype
from ..catalogue import kernel
from ..chunks import takes_dask
from ..colour import lab_of, luma, luma_rows
from ..combination import magnitude
from ..engine import Pixels, Rows, Stage, walked
from ..errors import InputError
from ..kernel import Kernel
from ..picture import full_scale_for
from ..placement import Placement, check_out, correlate_placed, on_one_grid, placed
from .tensor import StructureTensor

OPERATORS: MappingProxyType[str, tuple[str, str]] = MappingProxyType(
    {
        "sobel": ("sobel-x", "sobel-y"),
        "scharr": ("scharr-x", "scharr-y"),
        "prewitt": ("prewitt-x", "prewitt-y"),
        "central": ("central-x", "central-y"),
        "gaussian": ("gaussian-x", "gaussian-y"),
    }
)
"""The pairs of kernels that take a gradient. "gaussian" smooths by itself, at scale sigma; before
the others the picture is blurred by a Gaussian of sigma, or not at all where sigma is 0."""

CHANNELS = ("luma", "max", "tensor")
SPACES = ("rgb", "lab")
_UNDECIDED = 1e-9


@dataclass(frozen=True, eq=False)
class Gradient:
    """The slope of a picture to the right (x) and downwards (y), raw as the operator gives it.

    x, y: (height, width). full_scale: what a step from black to white can give at most: the sum of
    the operator's positive taps times the picture's full scale.

    >>> Gradient(np.array([[3.0]]), np.array([[-4.0]]), 4.0).magnitude.tolist()
    [[5.0]]
    """

    x: Array
    y: Array
    full_scale: float

    @cached_property
    def magnitude(self) -> Array:
        """The length of the gradient (L2)."""
        length = np.empty_like(self.x)
        magnitude((self.x, self.y), length)
        return length

    @cached_property
    def magnitude_l1(self) -> Array:
        """The sum of the two slopes' magnitudes (L1): at most 1.41 times the length."""
        total: Array = np.abs(self.x) + np.abs(self.y)
        return total

    @cached_property
    def direction(self) -> Array:
        """Where it gets brighter, in degrees above -180 up to 180: 0 to the right, 90 downwards."""
        return np.degrees(np.arctan2(self.y, self.x))


@takes_dask
def gradient_polar(
    image: ArrayLike,
    operator: str = "sobel",
    sigma: float = 0.0,
    *,
    border: str = "reflect101",
    out: tuple[Array, Array] | None = None,
) -> tuple[Array, Array]:
    """The length and the direction of an image's gradient, raw as the operator gives it.

    image, operator, sigma, border: as for `gradient`, which it equals; of an RGB image the luma is
    seen. out: two arrays of (height, width) to write into. Gives the length, and where it gets
    brighter in degrees, above -180 up to 180: 0 to the right, 90 downwards; both in float32 or
    float64. Raises InputError as `gradient` does, and for arrays in `out` that do not fit.

    >>> length, direction = gradient_polar(np.array([[0, 0, 255, 255]] * 4, np.uint8))
    >>> length[1].tolist(), direction[1].tolist()
    ([0.0, 1020.0, 1020.0, 0.0], [0.0, 0.0, 0.0, 0.0])
    """
    pixels = checked_image(image)
    source = luma_rows(Pixels(pixels, working_dtype(pixels.dtype)))
    slopes = slope_rows(source, operator, sigma, border)
    given = [np.empty(source.shape, source.dtype) for _ in range(2)] if out is None else out
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise InputError(
            f"out must be two arrays, length and direction, got {type(given).__name__}"
        )
    length, direction = given
    for name, array in (("out: length", length), ("out: direction", direction)):
        check_out(array, source.shape, source.dtype, name)

    def fill(start: int, stop: int, strip: Array) -> None:
        x, y = strip[:, 0], strip[:, 1]
        magnitude((x, y), length[start:stop])
        degrees = np.arctan2(y, x, out=direction[start:stop])
        np.multiply(degrees, degrees.dtype.type(180 / np.pi), out=degrees)

    walked(slopes, fill)
    return length, direction


def slope_rows(
    planes: Rows,
    operator: str,
    sigma: float,
    border: str,
    *,
    channels: str = "luma",
    space: str = "rgb",
) -> Rows:
    """The slopes of planes to the right and downwards, (height, 2, width), by their rows.

    planes: (height, width), or (height, width, channels) of that space. The rest, and errors: as
    for `gradient`.

    >>> slope_rows(Pixels(np.eye(3), np.dtype(float)), "sobel", 0.0, "reflect101").shape
    (3, 2, 3)
    """
    across, down = operator_kernels(operator, sigma)
    laid = Placement(border=border)
    if operator != "gaussian" and sigma:
        planes = placed(planes, [kernel("gaussian-blur", sigma=sigma).taps], laid)
    taps = on_one_grid([across.taps, down.taps])
    slopes = placed(planes, taps, laid, _side_by_side, planes=2)
    if len(slopes.shape) == 3:
        return slopes

    def choose(rows: Array, out: Array) -> None:
        out[:, 0], out[:, 1] = _of_all(rows[:, 0], rows[:, 1], channels, space)

    return Stage(slopes, slopes.shape[:3], slopes.dtype, choose)


def _side_by_side(responses: Sequence[Array], out: Array) -> None:
    out[:, 0], out[:, 1] = responses


@takes_dask
def gradient(
    image: ArrayLike,
    operator: str = "sobel",
    sigma: float = 0.0,
    channels: str = "luma",
    *,
    space: str = "rgb",
    border: str = "reflect101",
    full_scale: float | None = None,
) -> Gradient:
    """The gradient of an image.

    image: (height, width), or (height, width, 3) in RGB. operator: a key of `OPERATORS`.
    sigma: pixels; the Gaussian blur before the operator (0 for none), or the scale of "gaussian".
    channels: what is seen of colour. "luma" is the brightness; "max" the channel that is steepest
    at each pixel; "tensor" the steepest direction of all channels together (Di Zenzo, 1986),
    divided so that a grey picture in RGB gives what it gives in grey.
    space: the colours in which max and tensor look: "rgb", or "lab" (CIELAB of sRGB, where
    distances are closer to what eyes see; its 0 to 100 is put onto the picture's full scale).
    full_scale: the value of white; None is 255, 65535 or 1.0 by the dtype.

    Raises InputError for unknown names, a negative sigma, and "gaussian" without a sigma.

    >>> slopes = gradient(np.array([[0, 0, 255, 255]] * 4, np.uint8))
    >>> slopes.x[1].tolist(), slopes.full_scale
    ([0.0, 1020.0, 1020.0, 0.0], 1020.0)
    """
    white = full_scale_for(image, full_scale)
    operator_kernels(operator, sigma)
    planes = seen_planes(image, channels, space, white)
    if operator != "gaussian":
        planes = smoothed(planes, sigma, border)
    return gradient_of_planes(
        planes,
        operator,
        sigma=sigma,
        channels=channels,
        space=space,
        border=border,
        full_scale=white,
    )


def gradient_of_planes(
    planes: Array,
    operator: str,
    *,
    sigma: float = 0.0,
    channels: str = "luma",
    space: str = "rgb",
    border: str = "reflect101",
    full_scale: float = 1.0,
) -> Gradient:
    """The gradient of planes that `seen_planes` gave and that are smoothed already.

    Arguments and errors are those of `gradient`; sigma is the scale of "gaussian" only.

    >>> gradient_of_planes(np.eye(3), "central").full_scale
    1.0
    """
    across, down = operator_kernels(operator, sigma)
    laid = Placement(border=border)
    x, y = (correlate_placed(planes, slope.taps, laid) for slope in (across, down))
    if x.ndim == 2:
        return Gradient(x, y, across.positive_sum * full_scale)
    return Gradient(*_of_all(x, y, channels, space), across.positive_sum * full_scale)


def operator_kernels(operator: str, sigma: float = 0.0) -> tuple[Kernel, Kernel]:
    """The two kernels of an operator; sigma is the scale of "gaussian" and only checked for others.

    Raises InputError for an unknown operator, a negative sigma, and "gaussian" with sigma 0.

    >>> [slope.name for slope in operator_kernels("scharr")]
    ['scharr-x', 'scharr-y']
    """
    one_of(operator, OPERATORS, "operator")
    if finite(sigma, "sigma") < 0:
        raise InputError(f"sigma must be at least 0, got {sigma}")
    across, down = OPERATORS[operator]
    parameters = {"sigma": sigma} if operator == "gaussian" else {}
    return kernel(across, **parameters), kernel(down, **parameters)


def smoothed(pixels: Array, sigma: float, border: str = "reflect101") -> Array:
    """`pixels` blurred by a Gaussian of `sigma`; themselves where sigma is 0.

    >>> smoothed(np.ones((3, 3)), 0.0).tolist()[0]
    [1.0, 1.0, 1.0]
    """
    if sigma == 0:
        return pixels
    return correlate_placed(
        pixels, kernel("gaussian-blur", sigma=sigma).taps, Placement(border=border)
    )


def seen_in_unit(
    image: ArrayLike,
    channels: str,
    space: str,
    full_scale: float,
    dtype: DTypeLike = np.float64,
) -> Array:
    """What a gradient sees of an image, with white at 1, in float64 unless another dtype is told.

    White is 1 before anything else is computed, and what is computed is exact enough that turning
    the picture turns the result: every dtype and every direction takes the same path. Infinity
    becomes NaN: neither has a slope.

    >>> seen_in_unit(np.array([[255]], np.uint8), "luma", "rgb", 255.0).tolist()
    [[1.0]]
    """
    pixels = as_image(image)
    unit = (pixels / pixels.dtype.type(full_scale)).astype(dtype)
    unit[~np.isfinite(unit)] = np.nan
    return seen_planes(unit, channels, space, 1.0)


def brightest(planes: Array) -> float:
    """The largest finite magnitude in an array.

    >>> brightest(np.array([np.nan, -2.0, 1.0]))
    2.0
    """
    return float(np.abs(planes[np.isfinite(planes)]).max(initial=0.0))


def check_seen(channels: str, space: str) -> None:
    """Raise InputError unless a gradient can see these channels in this colour space.

    >>> check_seen("tensor", "lab")
    """
    one_of(channels, CHANNELS, "channels")
    one_of(space, SPACES, "space")


def check_colours(shape: tuple[int, ...]) -> None:
    """Raise InputError unless a picture of that shape is grey or RGB.

    >>> check_colours((2, 3, 3))
    """
    if len(shape) == 3 and shape[2] not in (1, 3):
        raise InputError(f"colours must be RGB, got {shape[2]} channels")


def seen_planes(image: ArrayLike, channels: str, space: str, full_scale: float) -> Array:
    """What a gradient sees of an image: its luma, or its colours in a colour space.

    Gives (height, width), or (height, width, 3) for colours; on the image's own scale.
    Raises InputError for unknown names and for colours other than RGB.

    >>> seen_planes(np.zeros((2, 2, 3)), "max", "lab", 1.0).shape
    (2, 2, 3)
    """
    check_seen(channels, space)
    pixels = as_image(image)
    if channels == "luma" or pixels.ndim == 2 or pixels.shape[2] == 1:
        return luma(pixels)
    check_colours(pixels.shape)
    if space == "rgb":
        return pixels
    lab: Array = lab_of(pixels / full_scale) * pixels.dtype.type(full_scale / 100)
    return lab


def _of_all(x: Array, y: Array, channels: str, space: str) -> tuple[Array, Array]:
    """One slope at each pixel out of those of its planes: "max" or "tensor"."""
    return _steepest(x, y) if channels == "max" else _principal(x, y, space)


def _steepest(x: Array, y: Array) -> tuple[Array, Array]:
    # Of channels that are equally steep the first, and rounding must not decide which are.
    steepness = x * x + y * y
    largest = steepness.max(axis=2, keepdims=True)
    winner = (steepness >= largest * (1 - _UNDECIDED)).argmax(axis=2)[..., None]
    return np.take_along_axis(x, winner, 2)[..., 0], np.take_along_axis(y, winner, 2)[..., 0]


def _principal(x: Array, y: Array, space: str) -> tuple[Array, Array]:
    # A grey picture is three equal channels of RGB, but one channel of Lab.
    share = 1.0 / x.shape[2] if space == "rgb" else 1.0
    tensor = StructureTensor(*((a * b).sum(axis=2) * share for a, b in ((x, x), (x, y), (y, y))))
    length, angle = np.sqrt(tensor.eigenvalues[0]), np.radians(tensor.orientation)
    along_x, along_y = np.cos(angle) * length, np.sin(angle) * length
    # The tensor knows no sign: brighter is where the lightness grows, or all the channels together.
    seen = slice(0, 1) if space == "lab" else slice(None)
    brighter = along_x * x[..., seen].sum(axis=2) + along_y * y[..., seen].sum(axis=2)
    for channel in range(x.shape[2]):
        # Where all together say nothing, the first channel that says something decides.
        undecided = np.abs(brighter) <= _UNDECIDED * length**2
        alone = along_x * x[..., channel] + along_y * y[..., channel]
        brighter = np.where(undecided, alone, brighter)
    turn = np.where(brighter < 0, -1.0, 1.0)
    # Where every direction is as steep, the steepest channel points the way.
    channel_x, channel_y = _steepest(x, y)
    reach = np.hypot(channel_x, channel_y)
    share = np.divide(length, reach, out=np.zeros_like(length), where=reach > 0)
    vague = tensor.eigenvalues[1] >= tensor.eigenvalues[0] * (1 - _UNDECIDED)
    found_x = np.where(vague, share * channel_x, turn * along_x)
    found_y = np.where(vague, share * channel_y, turn * along_y)
    return found_x.astype(x.dtype), found_y.astype(x.dtype)
