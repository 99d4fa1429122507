"""A bank of kernels: those of a layer with all that is known of them, or handcrafted ones."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from html import escape
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..filters.arrays import Array, as_image, real_array
from ..filters.bank import ACTIVATIONS, correlate_bank
from ..filters.catalogue import kernel as handcrafted_kernel
from ..filters.errors import FiltError, InputError
from ..filters.kernel import Kernel
from ..filters.picture import full_scale_for
from ..filters.text import counted
from .layer_use import LayerUse, with_channels
from .provenance import Provenance

Weights: TypeAlias = NDArray[np.float32]

HANDCRAFTED = "handcrafted"
_LISTED = 32
_ARRAYS = ("kernels", "bias", "untrained", "epochs", "random_labels")


@dataclass(frozen=True, eq=False, repr=False)
class KernelBank:
    """The kernels of a layer, how the layer uses them, and where they come from.

    kernels: (height, width, in, out) float32, finite, in correlation orientation, as Keras stores
    them. name: what the bank is called. names: one for each kernel; NAME:0, NAME:1, … unless given.
    bias: (out,) or None. use: stride, padding, dilation, activation and input scaling.
    untrained: the same kernels before training. epochs: (n, height, width, in, out), the kernels
    after each of n epochs. random_labels: the kernels that training on labels without meaning
    gave. Each None where there are none. provenance: data, seed, versions and so on.
    All arrays are copies, and read-only.

    Raises InputError for shapes that do not fit and for numbers that are not finite in float32,
    TypeError for what does not hold real numbers.

    >>> bank = KernelBank([[[[1.0, 0.5]], [[-1.0, 0.5]]]], name="two")
    >>> len(bank), bank[0].name, bank[0].taps.tolist()
    (2, 'two:0', [[1.0, -1.0]])
    """

    kernels: Weights
    name: str = "bank"
    names: tuple[str, ...] = ()
    bias: Weights | None = None
    use: LayerUse = field(default_factory=LayerUse)
    untrained: Weights | None = None
    epochs: Weights | None = None
    random_labels: Weights | None = None
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        kinds = {"name": str, "names": tuple | list, "use": LayerUse, "provenance": Provenance}
        for name, kind in kinds.items():
            if not isinstance(getattr(self, name), kind):
                given = type(getattr(self, name)).__name__
                raise TypeError(f"{name} must be of another type, got {given}")
        for name in _ARRAYS:
            given = getattr(self, name)
            if given is not None or name == "kernels":
                object.__setattr__(self, name, _weights(given, name))
        shape = self.kernels.shape
        if len(shape) != 4 or 0 in shape:
            raise InputError(f"kernels must be (height, width, in, out), got shape {shape}")
        wanted: dict[str, tuple[int, ...]] = {
            "bias": shape[3:],
            "untrained": shape,
            "random_labels": shape,
        }
        for name, expected in wanted.items():
            array = getattr(self, name)
            if array is not None and array.shape != expected:
                raise InputError(f"{name} must be {expected} as the kernels, got {array.shape}")
        if self.epochs is not None and self.epochs.shape[1:] != shape:
            raise InputError(f"epochs must be (n, *{shape}), got {self.epochs.shape}")
        self.use.check_channels(shape[2])
        names = tuple(self.names) or tuple(f"{self.name}:{n}" for n in range(shape[3]))
        if len(names) != shape[3] or not all(isinstance(name, str) for name in names):
            raise InputError(f"names must be {shape[3]}, one for each kernel, got {len(names)}")
        object.__setattr__(self, "names", names)

    @classmethod
    def from_names(
        cls,
        names: Sequence[str],
        *,
        name: str = HANDCRAFTED,
        use: LayerUse | None = None,
    ) -> KernelBank:
        """Handcrafted kernels side by side, as one bank over one channel.

        names: of the catalogue, with parameters where wanted. All are padded with zeros to the
        smallest odd size that holds the largest, each with its anchor on the centre. use: how a
        layer uses them; None pads to the same size and does no more.
        Raises InputError for no names and for unknown ones.

        >>> bank = KernelBank.from_names(["line-v", "sobel-x"])
        >>> bank.kernels.shape, bank[1].name, int(bank[1].taps[3, 4])
        ((7, 7, 1, 2), 'sobel-x', 2)
        """
        if isinstance(names, str) or not names:
            raise InputError(f"names must be a list of at least one name, got {names!r}")
        chosen = [handcrafted_kernel(given) for given in names]
        size = max(max(kernel.shape) for kernel in chosen) | 1
        padded = np.stack([_centred(kernel, size) for kernel in chosen], axis=-1)
        return cls(
            _weights(padded[:, :, None], "kernels"),
            name,
            tuple(kernel.name for kernel in chosen),
            use=LayerUse(padding="same") if use is None else use,
            provenance=Provenance(objective=HANDCRAFTED),
        )

    def renamed(self, name: str) -> KernelBank:
        """The same bank under another name; kernels that were numbered after it are again.

        >>> KernelBank([[[[1.0]]]], name="a").renamed("b")[0].name
        'b:0'
        """
        numbered = tuple(f"{self.name}:{n}" for n in range(len(self)))
        return replace(self, name=name, names=() if self.names == numbered else self.names)

    def __len__(self) -> int:
        return int(self.kernels.shape[3])

    def __getitem__(self, index: int) -> Kernel:
        """Kernel number `index`, from 0: taps (height, width), or with channels where in > 1.

        The raw taps, for pictures on their own scale: `apply` adds what the layer does.
        Raises IndexError for a number that is negative or too large.
        """
        number = operator.index(index)
        if not 0 <= number < len(self):
            raise IndexError(
                f"{self.name} has {len(self)} kernels, numbered from 0, got number {number}"
            )
        taps = self.kernels[..., number]
        made = self.provenance.objective == HANDCRAFTED
        known = self.provenance
        parts = [known.layer and f"layer {known.layer}", known.data and f"trained on {known.data}"]
        return Kernel(
            (taps[:, :, 0] if taps.shape[2] == 1 else taps).astype(np.float64),
            self.names[number],
            ", ".join([f"kernel {number} of {len(self)}", *filter(None, parts)]),
            HANDCRAFTED if made else "learned",
            known.source,
        )

    def __iter__(self) -> Iterator[Kernel]:
        return (self[number] for number in range(len(self)))

    def apply(
        self,
        image: ArrayLike,
        *,
        bias: bool = True,
        activation: bool = True,
        scaling: bool = True,
        full_scale: float | None = None,
    ) -> Array:
        """What the layer answers to a picture: its feature maps, (height', width', out).

        image: (height, width) or (height, width, channels). A grey picture is given to all three
        channels of colour kernels, grey kernels see the luma of an RGB picture. full_scale: the
        value of white; by default what a Picture says or the dtype means (255 for uint8, 1.0 for
        floats). scaling: whether the picture is scaled as the layer is used to (`LayerUse`),
        False takes its numbers as they are. bias, activation: whether to add and apply them.
        Gives float32, or float64 for wide dtypes: in float32 what Keras's own layer gives.
        Raises InputError for channels that do not fit, for a picture smaller than a "valid"
        layer's kernels, and for an activation that `correlate_bank` does not have.

        >>> bank = KernelBank([[[[-1.0]], [[1.0]]]], use=LayerUse(activation="relu"))
        >>> bank.apply(np.array([[0, 255, 0]], np.uint8)).ravel().tolist()
        [1.0, 0.0]
        """
        pixels = with_channels(as_image(image), self.kernels.shape[2])
        if scaling:
            pixels = self.use.scaled(pixels, full_scale_for(image, full_scale))
        wanted = self.use.activation if activation else None
        if wanted is not None and wanted not in ACTIVATIONS:
            raise InputError(
                f"activation {wanted!r} of {self.name} is not one of {', '.join(ACTIVATIONS)}:"
                " apply without it (activation=False)"
            )
        return correlate_bank(
            pixels,
            self.kernels,
            self.bias if bias else None,
            wanted,
            mode=self.use.mode,
            stride=self.use.stride,
            dilation=self.use.dilation,
        )

    def to_keras(
        self, *, trainable: bool = False, channels: int | None = None, name: str | None = None
    ) -> Any:
        """A Keras Conv2D layer with these kernels, this bias and this use, frozen unless told.

        channels: how many the layer takes; kernels over one channel are repeated for each, so
        that the layer sums over them. The input scaling stays outside of the layer: show it what
        `LayerUse.scaled` gives.
        Raises InputError for channels that do not fit, FiltError where Keras is not installed.
        """
        taken = self.kernels.shape[2]
        channels = taken if channels is None else channels
        if channels < 1 or taken not in (1, channels):
            raise InputError(f"channels must be {taken} as the kernels have, got {channels}")
        try:
            from keras.layers import Conv2D
        except ImportError:
            raise FiltError("Keras is not installed: pip install 'filt[learned]'") from None
        layer = Conv2D(
            len(self),
            self.kernels.shape[:2],
            strides=self.use.stride,
            padding=self.use.padding,
            dilation_rate=self.use.dilation,
            activation=self.use.activation,
            use_bias=self.bias is not None,
            name=name,
        )
        layer.build((None, None, None, channels))
        kernels = np.repeat(self.kernels, channels // taken, axis=2)
        layer.set_weights([kernels] if self.bias is None else [kernels, self.bias])
        layer.trainable = trainable
        return layer

    def __eq__(self, other: object) -> bool:
        """Two banks are equal when all their fields are, every weight included."""
        if not isinstance(other, KernelBank):
            return NotImplemented
        return all(_same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    def __hash__(self) -> int:
        return hash((self.name, self.kernels.shape, self.kernels.tobytes()))

    @property
    def title(self) -> str:
        """Name, number and size on one line.

        >>> KernelBank.from_names(["sobel-x"]).title
        'handcrafted: 1 kernel of 3×3 over 1 channel'
        """
        height, width, channels, count = self.kernels.shape
        return (
            f"{self.name}: {counted(count, 'kernel')} of {height}×{width}"
            f" over {counted(channels, 'channel')}"
        )

    def __repr__(self) -> str:
        return f"<KernelBank {self.title}>"

    def __str__(self) -> str:
        lines = [self.title, str(self.use)]
        width = max(map(len, self.names[:_LISTED]))
        for number, kernel in zip(range(_LISTED), self, strict=False):
            largest = float(np.abs(kernel.taps).max())
            lines.append(
                f"{number:3}  {kernel.name.ljust(width)}  sum {kernel.sum:+10.4g}"
                f"  largest {largest:10.4g}  {kernel.finds}"
            )
        if len(self) > _LISTED:
            lines.append(f"… and {len(self) - _LISTED} more")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def _weights(given: Any, name: str) -> Weights:
    values = real_array(given, name)
    with np.errstate(over="ignore"):
        weights = np.array(values, dtype=np.float32, order="C")
    if not np.isfinite(weights).all():
        raise InputError(f"{name} must be finite in float32, got NaN or infinity")
    weights.setflags(write=False)
    return weights


def _same(mine: object, theirs: object) -> bool:
    if isinstance(mine, np.ndarray) and isinstance(theirs, np.ndarray):
        return np.array_equal(mine, theirs)
    return mine is theirs or (type(mine) is type(theirs) and mine == theirs)


def _centred(kernel: Kernel, size: int) -> Array:
    """The taps in a square of zeros; where "same" anchors them (n // 2) lies on the centre."""
    square = np.zeros((size, size))
    top, left = (size // 2 - extent // 2 for extent in kernel.shape)
    square[top : top + kernel.shape[0], left : left + kernel.shape[1]] = kernel.taps
    return square
