"""Every example in every docstring of the package runs and gives what it says."""

from __future__ import annotations

import doctest
import importlib

import pytest
from package_source import module_files


@pytest.mark.parametrize("name", module_files())
def test_examples(name, tmp_path, monkeypatch):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in ("tensorflow", "keras"):
            raise
        pytest.skip(f"{name} needs {error.name}")
    # What an example writes, it writes here.
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(verbose=False)
    report: list[str] = []
    for example in doctest.DocTestFinder().find(module, name):
        runner.run(example, out=report.append)
    assert runner.failures == 0, "".join(report)
