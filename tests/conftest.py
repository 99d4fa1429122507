"""What all tests share: `--long`, many times as many examples, for a night; an empty store."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings

LONG = 200
"""How many times as many examples `--long` asks for."""

_KEPT = "_hypothesis_internal_use_settings"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty store, fsspec's memory:// of this process."""
    memory = pytest.importorskip("fsspec").filesystem("memory")
    monkeypatch.setattr(type(memory), "store", {})
    monkeypatch.setattr(type(memory), "pseudo_dirs", [""])
    return memory


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long",
        action="store_true",
        help=f"{LONG} times as many examples of every property (hypothesis): some hours",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        return
    seen = set()
    for item in items:
        test = getattr(item, "obj", None)
        test = getattr(test, "__func__", test)  # a method is bound anew every time it is asked for
        if getattr(test, "is_hypothesis_test", False) and test not in seen:
            seen.add(test)
            asked = getattr(test, _KEPT, settings.default)
            setattr(test, _KEPT, settings(asked, max_examples=LONG * asked.max_examples))
