"""The README is tested: its commands run, and every command and every name is in it."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import filt
from filt.cli import COMMANDS, main
from filt.filters.borders import BORDERS
from filt.filters.edges.methods import METHODS
from filt.filters.registry import FILTERS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND_LINES = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    for line in block.splitlines()
    if line.startswith("filt ")
]


@pytest.fixture
def beside_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_of_the_readme_runs(beside_samples: Path) -> None:
    assert len(COMMAND_LINES) > 5
    for line in COMMAND_LINES:
        result = CliRunner().invoke(main, shlex.split(line)[1:])
        assert result.exit_code == 0, f"{line}\n{result.output}"


PYTHON = [
    *re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL),
    *re.findall(r"```python\n(.*?)```", (ROOT / "docs/large.md").read_text(), flags=re.DOTALL),
]


SHAPES = ((400, 600), (2000, 3000), (3000, 2000))


@pytest.mark.parametrize(("block", "shape"), list(zip(PYTHON, SHAPES, strict=True)))
def test_the_python_of_the_pages_runs(
    block: str, shape: tuple[int, int], beside_samples: Path
) -> None:
    if "dask" in block:
        pytest.importorskip("dask.array")
    names: dict[str, object] = {}
    exec(compile(block, "page", "exec"), names)
    assert names["edges"].shape == shape  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", [*FILTERS, *BORDERS])
def test_every_filter_and_border_is_in_the_readme(name: str) -> None:
    assert re.search(rf"`{re.escape(name)}[`:]", README)


@pytest.mark.parametrize("name", METHODS)
def test_every_edge_method_is_in_the_readme(name: str) -> None:
    assert re.search(rf"`{re.escape(name)}[`:]", README)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme_and_has_help(name: str) -> None:
    assert f"`filt {name}" in README
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_the_help_names_every_command() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output
    assert all(re.search(rf"^  {name} ", listed, flags=re.MULTILINE) for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(set(filt.__all__) - {"__version__", "BORDERS"}))
def test_every_public_name_exists_and_says_what_it_is(name: str) -> None:
    assert getattr(filt, name).__doc__


def test_all_matches_what_is_imported() -> None:
    assert dir(filt) == sorted(filt.__all__)
    assert all(hasattr(filt, name) for name in filt.__all__)
