"""The house: imports point one way, in no circle, and `import filt` is light."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from package_source import module_files

import filt

FILES = module_files()

# From the general to the specific: a part imports itself and what stands before it.
ORDER = ("filters", "learned", "names", "filt", "commands", "cli", "__main__")
COMMAND_LINE = ("commands", "cli", "__main__")

# What is imported by the functions that use it.
HEAVY = {
    "scipy",
    "matplotlib",
    "PIL",
    "tensorflow",
    "keras",
    "h5py",
    "skimage",
    "jinja2",
    "numba",
    "dask",
    "distributed",
    "fsspec",
    "tifffile",
    "zarr",
}


def part_of(module: str) -> str:
    """The part of the house to which a module belongs; the package itself is "filt"."""
    return module.split(".")[1] if "." in module else module


@cache
def syntax(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


@cache
def imported_by(module: str) -> frozenset[str]:
    """Every module of the package that a module imports anywhere, be it for its types alone."""
    is_package = FILES[module].stem == "__init__"
    here = module.split(".") if is_package else module.split(".")[:-1]
    found = set()
    for node in ast.walk(syntax(module)):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = here[: len(here) - node.level + 1] + (node.module.split(".") if node.module else [])
        for name in node.names:
            whole = ".".join([*base, name.name])
            found.add(whole if whole in FILES else ".".join(base))
    return frozenset(found)


def outside(nodes: Iterable[ast.AST]) -> set[str]:
    """The first names of the absolute imports among the nodes."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.split(".")[0])
    return found


def run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the module is imported: not what functions and type checkers see."""
    for child in ast.iter_child_nodes(node):
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if is_function or (
            isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        ):
            continue
        yield child
        yield from run_on_import(child)


def test_the_imports_are_read():
    assert {"filt", "filt.filters", "filt.filters.kernel", "filt.learned"} <= FILES.keys()
    assert "filt.filters.engine" in imported_by("filt.filters.placement")
    assert "filt.filters.recipes" in imported_by("filt.filters.catalogue")
    assert "numpy" in outside(run_on_import(syntax("filt.filters.kernel")))


def test_every_module_has_its_place():
    assert {part_of(module) for module in FILES} <= set(ORDER)


def test_every_package_is_shipped():
    project = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text("utf-8"))
    packages = {name for name, file in FILES.items() if file.stem == "__init__"}
    assert set(project["tool"]["setuptools"]["packages"]) == packages


def test_what_is_imported_exists():
    missing = {module: imported_by(module) - FILES.keys() for module in FILES}
    assert {module: names for module, names in missing.items() if names} == {}


def test_arrows_point_one_way():
    wrong = [
        f"{module} → {other}"
        for module in FILES
        for other in imported_by(module)
        if ORDER.index(part_of(other)) > ORDER.index(part_of(module))
    ]
    assert wrong == []


def test_filters_import_filters_alone():
    """What `test_arrows_point_one_way` says too, for the one arrow that must never turn."""
    inside = [module for module in FILES if part_of(module) == "filters"]
    assert {part_of(other) for module in inside for other in imported_by(module)} == {"filters"}


def test_there_is_no_circle():
    graph = {module: imported_by(module) - {module} for module in FILES}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"modules import each other: {' ← '.join(error.args[1])}")


def test_inside_the_package_imports_are_relative():
    assert [module for module in FILES if "filt" in outside(ast.walk(syntax(module)))] == []


def test_heavy_libraries_are_imported_where_they_are_used():
    loaded = {module: outside(run_on_import(syntax(module))) & HEAVY for module in FILES}
    assert {module: names for module, names in loaded.items() if names} == {}


def test_tensorflow_is_for_learning_alone():
    users = [m for m in FILES if {"tensorflow", "keras"} & outside(ast.walk(syntax(m)))]
    assert {part_of(module) for module in users} <= {"learned"}


def test_the_library_knows_nothing_of_the_command_line():
    users = [module for module in FILES if "click" in outside(ast.walk(syntax(module)))]
    assert {part_of(module) for module in users} <= set(COMMAND_LINE)


def loaded_after(code, folder):
    """Every module that a fresh interpreter has imported after `code`."""
    fresh = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print('loaded', *sys.modules)"],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    assert fresh.stderr == ""
    assert fresh.returncode == 0
    return set(fresh.stdout.splitlines()[-1].split()[1:])


def test_import_filt_is_light(tmp_path):
    loaded = loaded_after("import filt", tmp_path)
    assert not loaded & (HEAVY | {"click", "numpy", "cv2"})
    assert [name for name in loaded if name.startswith("filt.")] == []


def test_a_name_loads_what_it_needs(tmp_path):
    loaded = loaded_after("import filt; filt.read_image; filt.correlate; filt.sobel", tmp_path)
    assert not loaded & (HEAVY | {"click"})
    assert [name for name in loaded if name.startswith("filt.learned")] == []


@pytest.mark.parametrize("name", ["sobel-x", "canny", "taps:[[1,-1]]", "gaussian:sigma=2+sobel"])
def test_a_filter_is_applied_without_what_is_learned(tmp_path, name):
    np.save(tmp_path / "a.npy", np.zeros((9, 8), np.uint8))
    words = ["apply", name, "a.npy", "-o", "b.png"]
    loaded = loaded_after(
        f"from filt.cli import main; main({words}, standalone_mode=False)", tmp_path
    )
    assert not loaded & HEAVY
    assert [module for module in loaded if module.startswith("filt.learned")] == []
    assert "filt.filters.presentation" not in loaded


def test_the_lists_of_public_names_agree():
    (block,) = [
        node
        for node in syntax("filt").body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    seen_by_type_checkers = {
        name.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    assert seen_by_type_checkers == filt._HOMES
    assert {"__version__", *filt._HOMES} == set(filt.__all__)
    assert len(filt.__all__) == len(set(filt.__all__))


def test_every_public_name_is_what_its_module_has():
    for name, module in filt._HOMES.items():
        assert getattr(filt, name) is getattr(import_module(f"filt.{module}"), name), name
    assert set(filt.__all__) <= set(dir(filt))
    with pytest.raises(AttributeError, match="module 'filt' has no attribute 'sobble'"):
        filt.sobble  # noqa: B018
