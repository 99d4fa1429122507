"""A headless Chromium for tests of pages, and what a page does there.

headless_chromium()
    A context that gives a Playwright browser: the Chromium that is installed, or Playwright's own.
    Skips the test, with the reason, where either is missing.
opened(browser, file, **options)
    A context that gives a `Visit`: the page of a file, opened from disk with no network.
    options: what `browser.new_context` takes, such as viewport=, color_scheme=, has_touch=,
    java_script_enabled=.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@dataclass(frozen=True)
class Visit:
    """A page that is open, the errors that it reported, and what it asked for beside itself.

    page: a Playwright page. errors: what went to the console as an error or a warning, and what
    was thrown and not caught. requests: every URL but the file's own and data: or blob: ones.
    """

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def headless_chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        own = driver.chromium.executable_path
        found = next(filter(None, map(shutil.which, NAMES)), own if Path(own).exists() else None)
        if found is None:
            pytest.skip("no Chromium is installed")
        # Chromium's sandbox does not work for root.
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        browser = driver.chromium.launch(
            executable_path=found, args=["--no-sandbox"] if is_root else []
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Any, file: Path, **options: Any) -> Iterator[Visit]:
    own = file.resolve().as_uri()
    context = browser.new_context(offline=True, **options)
    try:
        visit = Visit(context.new_page())

        def on_request(request: Any) -> None:
            url = request.url.partition("#")[0]
            if url != own and not url.startswith(("data:", "blob:")):
                visit.requests.append(url)

        def on_console(message: Any) -> None:
            if message.type in ("error", "warning"):
                visit.errors.append(message.text)

        visit.page.on("request", on_request)
        visit.page.on("console", on_console)
        visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
        visit.page.goto(own)
        yield visit
    finally:
        context.close()
