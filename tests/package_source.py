"""Where the modules of the installed package lie: read from disk, without importing any of them.

module_files()
    The dotted name of every module and package of filt, and its file.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

# The repository's root is the package, so its other folders lie beside the modules.
_NOT_INSTALLED = {"tests", "bench", "fuzz", "build", "samples"}


def module_files() -> dict[str, Path]:
    """Every module of the package, `filt.filters.kernel` and the like, with its file."""
    spec = find_spec("filt")
    assert spec is not None
    assert spec.submodule_search_locations
    root = Path(next(iter(spec.submodule_search_locations))).resolve()
    found = {}
    for file in sorted(root.rglob("*.py")):
        folders = file.relative_to(root).parent.parts
        packages = [root.joinpath(*folders[:n]) for n in range(len(folders) + 1)]
        if folders and folders[0] in _NOT_INSTALLED:
            continue
        if all((package / "__init__.py").exists() for package in packages):
            parts = ("filt", *folders) + (() if file.stem == "__init__" else (file.stem,))
            found[".".join(parts)] = file
    return found
