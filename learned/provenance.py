"""Where kernels come from: what was trained, on what, how, and with which command."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ..filters.errors import InputError


@dataclass(frozen=True)
class Provenance:
    """What is known about the making of kernels; empty and None where it is not known.

    source: the file that they were read from, and layer: the layer's name in it.
    data: the name of the data set, and data_sha256: the hash of its decompressed bytes.
    preprocessing: what was done to the pictures before the first layer saw them.
    architecture: the model. objective: what it was trained to do.
    seed, epochs: whole numbers. accuracy: on pictures not trained on, from 0 to 1. loss: there.
    versions: pairs (library, version). command: the command line that makes the kernels again.
    notes: anything else.

    Raises TypeError for a field of another kind, InputError for a number that is not finite.

    >>> dict(Provenance(data="leaves", seed=1, versions=(("keras", "3.15.1"),)).versions)
    {'keras': '3.15.1'}
    """

    source: str = ""
    layer: str = ""
    data: str = ""
    data_sha256: str = ""
    preprocessing: str = ""
    architecture: str = ""
    objective: str = ""
    seed: int | None = None
    epochs: int | None = None
    accuracy: float | None = None
    loss: float | None = None
    versions: tuple[tuple[str, str], ...] = ()
    command: str = ""
    notes: str = ""

    def __post_init__(self) -> None:
        kinds: dict[str, tuple[type, ...]] = {
            "str": (str,),
            "int | None": (int, type(None)),
            "float | None": (float, int, type(None)),
        }
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "versions":
                object.__setattr__(self, "versions", _versions(value))
            elif isinstance(value, bool) or not isinstance(value, kinds[str(field.type)]):
                raise TypeError(f"{field.name} must be {field.type}, got {value!r}")
            elif isinstance(value, float) and not math.isfinite(value):
                raise InputError(f"{field.name} must be finite, got {value}")

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON has them, with the versions as an object."""
        return {
            field.name: dict(self.versions)
            if field.name == "versions"
            else getattr(self, field.name)
            for field in fields(self)
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Provenance:
        """The provenance that `as_json` described.

        Raises TypeError or InputError for other fields and values.

        >>> made = Provenance(seed=3, versions=(("filt", "0.1.0"),))
        >>> Provenance.from_json(made.as_json()) == made
        True
        """
        versions = given.get("versions", {})
        if not isinstance(versions, dict):
            raise TypeError(f"versions must be an object, got {versions!r}")
        return cls(**{**given, "versions": tuple(versions.items())})

    def __str__(self) -> str:
        """What is known, one field on a line.

        >>> print(Provenance(data="leaves", seed=1))
        data: leaves
        seed: 1
        """
        lines = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "versions":
                value = ", ".join(f"{library} {version}" for library, version in value)
            if value not in ("", None):
                lines.append(f"{field.name.replace('_', ' ')}: {value}")
        return "\n".join(lines)


def library_versions(*libraries: str) -> tuple[tuple[str, str], ...]:
    """Those of the libraries that are installed, with their versions, `filt` before them all.

    >>> [library for library, _ in library_versions("numpy", "no-such-library")][-1]
    'numpy'
    """
    from importlib import metadata

    found = []
    for library in ("filt", *libraries):
        try:
            found.append((library, metadata.version(library)))
        except metadata.PackageNotFoundError:
            continue
    return tuple(found)


def _versions(value: object) -> tuple[tuple[str, str], ...]:
    try:
        pairs = tuple((library, version) for library, version in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise TypeError(f"versions must be pairs (library, version), got {value!r}") from None
    if not all(isinstance(text, str) for pair in pairs for text in pair):
        raise TypeError(f"versions must be pairs of text, got {value!r}")
    return pairs
