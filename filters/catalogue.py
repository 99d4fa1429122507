"""The catalogue: every handcrafted kernel by name, as one literal dict of recipes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from . import recipes as r
from .arrays import Taps
from .errors import InputError
from .grammar import Value, bind, gathered, join_name, parameters_of, split_name, unknown_name
from .kernel import Kernel


@dataclass(frozen=True)
class Recipe:
    """How a kernel of the catalogue is made: the function that gives its taps, and what is known.

    taps: a function whose parameters (with their defaults) are the kernel's own.

    >>> RECIPES["box-blur"].parameters
    {'size': 3}
    """

    taps: Callable[..., Taps]
    family: str
    meaning: str
    source: str = ""

    @property
    def parameters(self) -> dict[str, Value]:
        """The parameters' names with their defaults."""
        return parameters_of(self.taps)


def _written(*rows: tuple[float, ...]) -> Callable[[], Taps]:
    return lambda: r.matrix(rows)


def _made(function: Callable[..., Taps], *arguments: object) -> Callable[[], Taps]:
    return lambda: function(*arguments)


_COMPASS = {
    "n": "upwards",
    "nw": "towards the upper left",
    "w": "to the left",
    "sw": "towards the lower left",
    "s": "downwards",
    "se": "towards the lower right",
    "e": "to the right",
    "ne": "towards the upper right",
}
_KIRSCH_NORTH = r.matrix([[5, 5, 5], [-3, 0, -3], [-3, -3, -3]])
_ROBINSON_NORTH = r.matrix([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
_FREI_CHEN = (
    "smooth gradient, positive where it gets brighter upwards",
    "smooth gradient, positive where it gets brighter to the left",
    "ripple: a slope towards the upper right, with the sides against it",
    "ripple: a slope towards the upper left, with the sides against it",
    "upright line against upright line: a saddle",
    "diagonal line against diagonal line: a saddle",
    "discrete Laplacian: a chequered spot, silent on straight upright lines",
    "discrete Laplacian: centre and sides against corners",
    "the mean of the patch (times 3)",
)
_GAUSSIAN_SOURCE = "Marr and Hildreth, 1980"
_LINES_SOURCE = "Géron, 2017"

RECIPES: MappingProxyType[str, Recipe] = MappingProxyType(
    {
        "identity": Recipe(
            _written((0, 0, 0), (0, 1, 0), (0, 0, 0)), "identity", "the picture as it is"
        ),
        "box-blur": Recipe(r.box, "blur", "the plain mean of size × size pixels"),
        "gaussian-blur": Recipe(
            r.gaussian, "blur", "a mean weighted by a Gaussian of sigma pixels", _GAUSSIAN_SOURCE
        ),
        "binomial": Recipe(
            r.binomial, "blur", "a small Gaussian made of Pascal's triangle", "Burt, 1981"
        ),
        "motion-blur": Recipe(
            r.motion_blur, "blur", "the mean along a line: a camera that moved while it looked"
        ),
        "sharpen": Recipe(r.sharpen, "sharpen", "the picture minus its 4-neighbour Laplacian"),
        "unsharp": Recipe(
            r.unsharp,
            "sharpen",
            "the picture plus amount times what a Gaussian blur takes away",
            "Schreiber, 1970",
        ),
        "emboss": Recipe(
            _written((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
            "sharpen",
            "relief: the picture lit from the lower right",
        ),
        "sobel-x": Recipe(
            _made(r.slope_x, "sobel"),
            "gradient",
            "slope to the right, smoothed 1-2-1",
            "Sobel and Feldman, 1968",
        ),
        "sobel-y": Recipe(
            _made(r.slope_y, "sobel"),
            "gradient",
            "slope downwards, smoothed 1-2-1",
            "Sobel and Feldman, 1968",
        ),
        "scharr-x": Recipe(
            _made(r.slope_x, "scharr"),
            "gradient",
            "slope to the right, smoothed 3-10-3: angles come out truer than Sobel's",
            "Scharr, 2000",
        ),
        "scharr-y": Recipe(
            _made(r.slope_y, "scharr"),
            "gradient",
            "slope downwards, smoothed 3-10-3: angles come out truer than Sobel's",
            "Scharr, 2000",
        ),
        "prewitt-x": Recipe(
            _made(r.slope_x, "prewitt"),
            "gradient",
            "slope to the right, smoothed 1-1-1",
            "Prewitt, 1970",
        ),
        "prewitt-y": Recipe(
            _made(r.slope_y, "prewitt"),
            "gradient",
            "slope downwards, smoothed 1-1-1",
            "Prewitt, 1970",
        ),
        "central-x": Recipe(
            _written((-1, 0, 1)), "gradient", "right neighbour minus left neighbour"
        ),
        "central-y": Recipe(
            _written((-1,), (0,), (1,)), "gradient", "lower neighbour minus upper neighbour"
        ),
        "roberts-falling": Recipe(
            _written((1, 0), (0, -1)),
            "gradient",
            "pixel minus its lower right neighbour",
            "Roberts, 1963",
        ),
        "roberts-rising": Recipe(
            _written((0, 1), (-1, 0)),
            "gradient",
            "right neighbour minus lower neighbour",
            "Roberts, 1963",
        ),
        "sobel5-x": Recipe(
            _made(r.outer, (1, 4, 6, 4, 1), (-1, -2, 0, 2, 1)),
            "gradient",
            "5×5 Sobel: slope to the right, smoothed 1-4-6-4-1",
            "Sobel and Feldman, 1968, widened by binomials",
        ),
        "sobel5-y": Recipe(
            _made(r.outer, (-1, -2, 0, 2, 1), (1, 4, 6, 4, 1)),
            "gradient",
            "5×5 Sobel: slope downwards, smoothed 1-4-6-4-1",
            "Sobel and Feldman, 1968, widened by binomials",
        ),
        "edge-v": Recipe(
            _written((1, 0, -1), (1, 0, -1), (1, 0, -1)),
            "gradient",
            "vertical edges, positive from bright to dark: prewitt-x with the sign turned",
            "Prewitt, 1970",
        ),
        "edge-h": Recipe(
            _written((1, 1, 1), (0, 0, 0), (-1, -1, -1)),
            "gradient",
            "horizontal edges, positive from bright to dark: prewitt-y with the sign turned",
            "Prewitt, 1970",
        ),
        "gaussian-x": Recipe(
            r.gaussian_x, "gradient", "slope to the right at scale sigma", _GAUSSIAN_SOURCE
        ),
        "gaussian-y": Recipe(
            r.gaussian_y, "gradient", "slope downwards at scale sigma", _GAUSSIAN_SOURCE
        ),
        "edge-diagonal": Recipe(
            _written((1, 0, -1), (0, 0, 0), (-1, 0, 1)),
            "curvature",
            "a mixed derivative: finds corners and diagonals, silent on upright steps",
        ),
        "laplacian4": Recipe(
            _written((0, 1, 0), (1, -4, 1), (0, 1, 0)),
            "curvature",
            "four neighbours minus 4 × the pixel (centre −4): positive on the dark side of an edge",
        ),
        "laplacian8": Recipe(
            _written((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
            "curvature",
            "8 × the pixel minus eight neighbours (centre +8): positive on the bright side",
        ),
        "laplacian-of-gaussian": Recipe(
            r.laplacian_of_gaussian,
            "curvature",
            "Laplacian at scale sigma (centre negative): crosses zero at edges",
            _GAUSSIAN_SOURCE,
        ),
        "difference-of-gaussians": Recipe(
            r.difference_of_gaussians,
            "curvature",
            "bright centre, dark surround: a narrow Gaussian minus a wide one",
            _GAUSSIAN_SOURCE,
        ),
        "gaussian-xx": Recipe(
            r.gaussian_xx, "curvature", "second derivative across the columns", _GAUSSIAN_SOURCE
        ),
        "gaussian-yy": Recipe(
            r.gaussian_yy, "curvature", "second derivative across the rows", _GAUSSIAN_SOURCE
        ),
        "gaussian-xy": Recipe(
            r.gaussian_xy, "curvature", "mixed derivative at scale sigma", _GAUSSIAN_SOURCE
        ),
        **{
            f"kirsch-{point}": Recipe(
                _made(r.compass, _KIRSCH_NORTH, turns),
                "compass",
                f"edges that get brighter {towards}",
                "Kirsch, 1971",
            )
            for turns, (point, towards) in enumerate(_COMPASS.items())
        },
        **{
            f"robinson-{point}": Recipe(
                _made(r.compass, _ROBINSON_NORTH, turns),
                "compass",
                f"edges that get brighter {towards}",
                "Robinson, 1977",
            )
            for turns, (point, towards) in enumerate(_COMPASS.items())
        },
        **{
            f"frei-chen-{number}": Recipe(
                _made(r.frei_chen, number), "frei-chen", meaning, "Frei and Chen, 1977"
            )
            for number, meaning in enumerate(_FREI_CHEN, start=1)
        },
        "line-v": Recipe(
            _made(r.line, 7, "vertical"), "line", "the sum along 7 pixels upright", _LINES_SOURCE
        ),
        "line-h": Recipe(
            _made(r.line, 7, "horizontal"), "line", "the sum along 7 pixels across", _LINES_SOURCE
        ),
        "line-falling": Recipe(
            _made(r.line, 7, "falling"), "line", "the sum along 7 pixels towards the lower right"
        ),
        "line-rising": Recipe(
            _made(r.line, 7, "rising"), "line", "the sum along 7 pixels towards the upper right"
        ),
        "gabor": Recipe(
            r.gabor,
            "gabor",
            "stripes of one wavelength and direction, under a Gaussian window",
            "Gabor, 1946; Daugman, 1985",
        ),
    }
)
"""Every kernel by its name, in the order in which a reader meets them."""

ALIASES: MappingProxyType[str, str] = MappingProxyType(
    {
        "laplacian": "laplacian4",
        "box": "box-blur",
        "gaussian": "gaussian-blur",
        "binomial-blur": "binomial",
        "log": "laplacian-of-gaussian",
        "dog": "difference-of-gaussians",
        "unsharp-mask": "unsharp",
    }
)
"""Short and other people's names."""


def kernel(name: str, /, **parameters: Value) -> Kernel:
    """The handcrafted kernel called `name`, which may carry parameters: NAME[:key=value,…].

    Parameters may be given in the name or as keywords, not both for one key.
    Raises InputError for an unknown name or parameter, or one out of range.

    >>> kernel("gaussian-blur:sigma=2") == kernel("gaussian", sigma=2)
    True
    >>> kernel("laplacian").taps.tolist()
    [[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]
    """
    word, written = split_name(name)
    word = ALIASES.get(word, word)
    if word not in RECIPES:
        raise InputError(unknown_name(word, [*RECIPES, *ALIASES], "kernel"))
    bound = bind(word, RECIPES[word].parameters, gathered(written, parameters))
    return _made_once(word, tuple(bound.items()))


@lru_cache(maxsize=64)
def _made_once(word: str, bound: tuple[tuple[str, Value], ...]) -> Kernel:
    # Nothing of a kernel can be changed; to make one takes longer than to filter a small picture.
    recipe, parameters = RECIPES[word], dict(bound)
    return Kernel(
        recipe.taps(**parameters), join_name(word, parameters),
        recipe.meaning, recipe.family, recipe.source,
    )  # fmt: skip


class Catalogue(Mapping[str, Kernel]):
    """The catalogue as a read-only mapping from a name to its kernel with default parameters.

    Iterating gives the canonical names; looking up understands aliases and parameters too.
    Raises KeyError, as a mapping does, for a name that `kernel` refuses.

    >>> kernels = Catalogue()
    >>> kernels["sobel-x"].sum, "sobel-z" in kernels
    (0.0, False)
    """

    def __getitem__(self, name: str) -> Kernel:
        try:
            return kernel(name)
        except (InputError, TypeError) as error:
            raise KeyError(str(error)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(RECIPES)

    def __len__(self) -> int:
        return len(RECIPES)

    def __repr__(self) -> str:
        return f"<Catalogue of {len(self)} kernels: {', '.join(self)}>"


kernels = Catalogue()
"""The catalogue itself: `kernels["sobel-x"]`."""
