"""The registry: every handcrafted filter by name, the kernels of the catalogue and what is made of
several of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from .catalogue import ALIASES, RECIPES, kernel
from .edges.edge_filter import EdgeFilter
from .edges.methods import METHODS
from .errors import InputError
from .filter import Filter, PictureFilter
from .grammar import Value, bind, gathered, join_name, split_name, unknown_name


@dataclass(frozen=True)
class FilterRecipe:
    """How a handcrafted filter is made: the kernels by name, and how their responses combine.

    Its parameters are those of its kernels, which all take the same ones.

    >>> FILTERS["gaussian-gradient"].parameters
    {'sigma': 1.0}
    """

    kernels: tuple[str, ...]
    combination: str
    family: str
    meaning: str
    source: str = ""

    @property
    def parameters(self) -> dict[str, Value]:
        """The parameters' names with their defaults."""
        return RECIPES[self.kernels[0]].parameters

    def make(self, name: str, bound: dict[str, Value]) -> Filter:
        """The filter with these parameters.

        >>> FILTERS["sobel"].make("sobel", {}).combination
        'magnitude'
        """
        return Filter(
            join_name(name, bound),
            tuple(kernel(part, **bound) for part in self.kernels),
            self.combination,
            self.meaning,
            self.family,
            self.source,
        )


@dataclass(frozen=True)
class EdgeRecipe:
    """An edge method as a handcrafted filter: white edges on black.

    >>> EdgeRecipe("canny").parameters["sigma"]
    1.4
    """

    method: str
    family: str = "edges"
    kernels: tuple[str, ...] = ()

    @property
    def meaning(self) -> str:
        """What the method does."""
        return METHODS[self.method].meaning

    @property
    def source(self) -> str:
        """Author and year."""
        return METHODS[self.method].source

    @property
    def parameters(self) -> dict[str, Value]:
        """The parameters' names with their defaults."""
        chosen = METHODS[self.method]
        return {
            "sigma": chosen.sigma,
            "low": chosen.low,
            "high": chosen.high,
            "channels": chosen.channels,
            "space": chosen.space,
            "relative": False,
            "quantiles": False,
            "auto": "none",
        }

    def make(self, name: str, bound: dict[str, Value]) -> EdgeFilter:
        """The filter with these parameters.

        >>> EdgeRecipe("canny").make("canny", {"sigma": 2.0}).name
        'canny:sigma=2'
        """
        return EdgeFilter(
            join_name(name, bound), self.method, bound, self.meaning, self.family, self.source
        )


_COMPASS_POINTS = ("n", "nw", "w", "sw", "s", "se", "e", "ne")

FILTERS: MappingProxyType[str, FilterRecipe | EdgeRecipe] = MappingProxyType(
    {
        "sobel": FilterRecipe(
            ("sobel-x", "sobel-y"),
            "magnitude",
            "gradient",
            "gradient magnitude: edges of every direction",
            "Sobel and Feldman, 1968",
        ),
        "scharr": FilterRecipe(
            ("scharr-x", "scharr-y"),
            "magnitude",
            "gradient",
            "gradient magnitude that hardly depends on the direction",
            "Scharr, 2000",
        ),
        "prewitt": FilterRecipe(
            ("prewitt-x", "prewitt-y"),
            "magnitude",
            "gradient",
            "gradient magnitude from plain means along the edge",
            "Prewitt, 1970",
        ),
        "central": FilterRecipe(
            ("central-x", "central-y"),
            "magnitude",
            "gradient",
            "gradient magnitude from central differences, no smoothing",
        ),
        "roberts": FilterRecipe(
            ("roberts-falling", "roberts-rising"),
            "magnitude",
            "gradient",
            "gradient magnitude from the two diagonals of 2×2 pixels",
            "Roberts, 1963",
        ),
        "sobel5": FilterRecipe(
            ("sobel5-x", "sobel5-y"),
            "magnitude",
            "gradient",
            "gradient magnitude of the 5×5 Sobel pair",
            "Sobel and Feldman, 1968, widened by binomials",
        ),
        "gaussian-gradient": FilterRecipe(
            ("gaussian-x", "gaussian-y"),
            "magnitude",
            "gradient",
            "gradient magnitude at scale sigma",
            "Marr and Hildreth, 1980; Canny, 1986",
        ),
        "frei-chen": FilterRecipe(
            ("frei-chen-1", "frei-chen-2"),
            "magnitude",
            "gradient",
            "gradient magnitude of Frei and Chen's isotropic pair",
            "Frei and Chen, 1977",
        ),
        "kirsch": FilterRecipe(
            tuple(f"kirsch-{point}" for point in _COMPASS_POINTS),
            "largest",
            "compass",
            "the strongest of eight directions",
            "Kirsch, 1971",
        ),
        "robinson": FilterRecipe(
            tuple(f"robinson-{point}" for point in _COMPASS_POINTS),
            "largest",
            "compass",
            "the strongest of eight directions",
            "Robinson, 1977",
        ),
        "canny": EdgeRecipe("canny"),
        "di-zenzo": EdgeRecipe("di-zenzo"),
        **{
            name: FilterRecipe((name,), "only", recipe.family, recipe.meaning, recipe.source)
            for name, recipe in RECIPES.items()
        },
    }
)
"""Every handcrafted filter by its name: the compound ones first, then one for each kernel."""


def canonical(name: str) -> str:
    """The name that the registry uses for `name`, which may be an alias.

    Raises InputError, with the nearest names, for one that it does not know.

    >>> canonical("gaussian")
    'gaussian-blur'
    """
    word = ALIASES.get(name, name)
    if word not in FILTERS:
        raise InputError(unknown_name(name, [*FILTERS, *ALIASES]))
    return word


def handcrafted(name: str, /, **parameters: Value) -> PictureFilter:
    """The handcrafted filter called `name`, which may carry parameters: NAME[:key=value,…].

    Raises InputError for an unknown name or parameter, or one out of range.

    >>> handcrafted("gaussian-gradient:sigma=2").name
    'gaussian-gradient:sigma=2'
    >>> handcrafted("sobel").kernels[0].name
    'sobel-x'
    """
    written_name, written = split_name(name)
    word = canonical(written_name)
    recipe = FILTERS[word]
    bound = bind(word, recipe.parameters, gathered(written, parameters))
    return recipe.make(word, bound)
