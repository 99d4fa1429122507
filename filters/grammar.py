"""The grammar of names: NAME[:key=value,…], and what to say about a name that nobody knows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from .errors import InputError

Value = int | float | str | bool
"""What a parameter can be."""


def split_name(text: str) -> tuple[str, dict[str, str]]:
    """NAME[:key=value,…] as the name and its parameters, still text.

    Raises InputError for an empty name, a parameter without "=", or one given twice; TypeError
    for what is not text.

    >>> split_name("gabor:theta=45,wavelength=8")
    ('gabor', {'theta': '45', 'wavelength': '8'})
    """
    if not isinstance(text, str):
        raise TypeError(f"name must be text, got {type(text).__name__}")
    name, colon, rest = text.strip().partition(":")
    name = name.strip().lower()
    if not name:
        raise InputError(f"a filter's name is missing in {text!r}")
    parameters: dict[str, str] = {}
    for item in rest.split(",") if colon else ():
        key, equals, value = (part.strip() for part in item.partition("="))
        if not (equals and key and value):
            raise InputError(f"a parameter must be key=value, got {item!r} in {text!r}")
        if key in parameters:
            raise InputError(f"parameter {key} is given twice in {text!r}")
        parameters[key] = value
    return name, parameters


def parameters_text(parameters: Mapping[str, Value]) -> str:
    """Parameters as they are written after a name.

    >>> parameters_text({"sigma": 2.0, "relative": True, "auto": "otsu"})
    'sigma=2,relative=yes,auto=otsu'
    """
    return ",".join(f"{key}={_text(value)}" for key, value in parameters.items())


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else repr(value).removesuffix(".0")


def join_name(name: str, parameters: Mapping[str, Value]) -> str:
    """The opposite of `split_name`: one text for a name and the parameters that were given.

    >>> join_name("gaussian-blur", {"sigma": 2.0})
    'gaussian-blur:sigma=2'
    """
    return f"{name}:{parameters_text(parameters)}" if parameters else name


def parameters_of(function: Callable[..., Any]) -> dict[str, Value]:
    """The parameters of a recipe with their defaults, which tell their kinds.

    >>> parameters_of(lambda size=3, sigma=1.5: None)
    {'size': 3, 'sigma': 1.5}
    """
    return dict(_defaults(function))


@lru_cache(maxsize=256)
def _defaults(function: Callable[..., Any]) -> tuple[tuple[str, Value], ...]:
    parameters = inspect.signature(function).parameters
    return tuple((name, parameter.default) for name, parameter in parameters.items())


def gathered(written: Mapping[str, Value], keywords: Mapping[str, Value]) -> dict[str, Value]:
    """The parameters written in a name and those given as keywords, as one.

    Raises InputError where one is given both ways.

    >>> gathered({"sigma": "2"}, {"amount": 1.5})
    {'sigma': '2', 'amount': 1.5}
    """
    both = written.keys() & keywords.keys()
    if both:
        raise InputError(f"parameter {min(both)} is given twice")
    return {**written, **keywords}


def bind(name: str, known: Mapping[str, Value], given: Mapping[str, Value]) -> dict[str, Value]:
    """`given` as values of the kind that `known`, the parameters with their defaults, has.

    Whole numbers, numbers, words, and yes or no, each as the default is; in the order of `known`.
    Raises InputError for a parameter that is not known and for a value of another kind.

    >>> bind("box-blur", {"size": 3}, {"size": "5"})
    {'size': 5}
    """
    for key in given:
        if key not in known:
            has = f"its parameters are {', '.join(known)}" if known else "it has no parameters"
            raise InputError(f"{name} has no parameter {key!r}: {has}")
    return {
        key: _value(f"{name}: {key}", given[key], default)
        for key, default in known.items()
        if key in given
    }


def _value(what: str, value: Value, default: Value) -> Value:
    if isinstance(default, bool):
        if str(value).lower() not in ("yes", "no", "true", "false"):
            raise InputError(f"{what} must be yes or no, got {value!r}")
        return str(value).lower() in ("yes", "true")
    if isinstance(default, str):
        return str(value)
    whole = isinstance(default, int)
    try:
        number = float(value)
        if whole and number != int(number):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        kind = "a whole number" if whole else "a number"
        raise InputError(f"{what} must be {kind}, got {value!r}") from None
    return int(number) if whole else number


def unknown_name(name: str, known: Iterable[str], kind: str = "filter") -> str:
    """What to say about a name that is not among `known`: the nearest ones, if any is near.

    >>> unknown_name("sobl-x", ["sobel-x", "sharpen"])
    "no filter is called 'sobl-x': did you mean sobel-x?"
    """
    nearest = get_close_matches(name, list(known), n=4, cutoff=0.5)
    hint = f"did you mean {' or '.join(nearest)}?" if nearest else "`filt list` names them all"
    return f"no {kind} is called {name!r}: {hint}"
