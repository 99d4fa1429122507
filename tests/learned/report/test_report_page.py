"""The whole report in a real browser: nothing is loaded, nothing fails, all can be reached."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from browser import headless_chromium, opened

from filt.filters.files.reading import read_image
from filt.learned.kernel_bank import KernelBank
from filt.learned.named_banks import open_bank
from filt.learned.report.assembly import report_html
from filt.learned.report.comparison import compare
from filt.learned.report.edge_scores import edge_scores
from filt.learned.report.photo import photo_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHOTO = Path(__file__).parents[3] / "samples" / "photo.png"
NASTY = '<img src=x onerror="window.hurt = 1">.png'


@pytest.fixture(scope="module")
def chromium():
    with headless_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Three banks, one of them in colour, on a photo with a nasty name."""
    colours = np.random.default_rng(0).normal(size=(3, 3, 3, 4))
    banks = [
        open_bank("learned"),
        open_bank("learned-notes"),
        KernelBank(colours, name="<b>rgb</b>"),
    ]
    page = tmp_path_factory.mktemp("report") / "report.html"
    comparison = compare(banks, [photo_of(read_image(PHOTO), NASTY)], command="filt compare <x>")
    page.write_text(report_html(comparison), encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def visit(chromium, report):
    with opened(chromium, report, viewport={"width": 1280, "height": 900}) as visited:
        yield visited


def test_nothing_fails_and_nothing_is_loaded(visit):
    visit.page.wait_for_function("window.filtExplorer !== undefined")
    assert (visit.errors, visit.requests) == ([], [])
    assert visit.page.evaluate("window.hurt") is None


def test_every_section_of_the_navigation_is_there(visit):
    targets = visit.page.eval_on_selector_all("nav a", "links => links.map(a => a.hash)")
    assert len(targets) == 9
    assert all(visit.page.locator(target).count() == 1 for target in targets)


def test_no_id_is_given_twice(visit):
    ids = visit.page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_texts_stay_texts(visit):
    text = visit.page.locator("body").inner_text()
    assert NASTY in text
    assert "<b>rgb</b>" in text
    assert "filt compare <x>" in text


def test_every_picture_has_a_text_and_every_control_a_name(visit):
    without = visit.page.eval_on_selector_all("img:not([alt])", "all => all.length")
    assert without == 0
    unnamed = visit.page.evaluate(
        """() => [...document.querySelectorAll("input, select, button")].filter(control =>
            !control.labels?.length && !control.ariaLabel && !control.textContent.trim()).length"""
    )
    assert unnamed == 0


def test_the_cards_show_the_taps_of_the_bank(visit):
    taps = open_bank("learned").kernels[:, :, 0, 3]
    expected = np.rint(100 * taps.astype(np.float64) / np.abs(taps).max()).ravel()
    card = visit.page.locator("article", has_text="learned:3").first
    cells = card.locator("table.taps").first.locator("td").all_inner_texts()
    shown = [float(text.replace("−", "-")) for text in cells]
    np.testing.assert_array_equal(shown, expected)


def test_the_slider_goes_through_the_epochs(visit):
    course = visit.page.locator("[data-strips]").first
    slider, said = course.locator("input[type=range]"), course.locator("output")
    assert said.inner_text() == "after epoch 5"
    strip = course.locator(".frame img").first
    right = strip.bounding_box()["x"]
    slider.fill("0")
    assert said.inner_text() == "untrained"
    assert strip.bounding_box()["x"] > right
    slider.focus()
    visit.page.keyboard.press("ArrowRight")
    assert said.inner_text() == "after epoch 1"


def test_the_edges_of_two_methods_lie_over_each_other(visit):
    ways = visit.page.locator("[data-ways]")
    shown = ways.locator(".swipe img")
    sobel = ways.locator("img[data-way=sobel]").get_attribute("src")
    ways.locator("select").nth(1).select_option("sobel")
    assert shown.nth(1).get_attribute("src") == sobel
    ways.locator("input[type=range]").fill("20")
    cut = ways.locator(".swipe").evaluate("one => one.style.getPropertyValue('--cut')")
    assert cut == "20%"


def test_the_scores_of_the_edge_detectors_are_texts(visit):
    scores = visit.page.locator(".scores")
    assert scores.count() == 1
    rows = scores.locator(".beside > div table tbody tr")
    assert rows.count() == len(edge_scores().table)
    marked = scores.locator("tr.marked th").all_inner_texts()
    assert len(marked) == 3
    assert all(name.endswith("(on this page)") for name in marked)
    drawn = scores.locator("svg text").all_text_contents()
    for one in edge_scores().table:
        assert f"{one.ods:.3f}  {one.label}" in drawn


def test_the_explorer_has_the_photo_and_the_banks(visit):
    state = visit.page.evaluate("window.filtExplorer.state()")
    assert state["kernel"]
    assert "learned:15" in visit.page.locator("#explorer-kernel").inner_text()


@pytest.mark.parametrize("width", [360, 390, 800])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(chromium, report, width, scheme):
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    with opened(chromium, report, **options) as visited:
        assert visited.page.evaluate("document.documentElement.scrollWidth") <= width
        assert visited.errors == []


@pytest.mark.parametrize("width", [320, 390, 760, 1130])
def test_no_number_of_a_tap_is_cut_off(chromium, report, width):
    """A −100 whose last digit is hidden would be a −10."""
    with opened(chromium, report, viewport={"width": width, "height": 800}) as visited:
        cut = visited.page.eval_on_selector_all(
            ".taps td",
            """cells => cells.filter(cell => {
                const range = document.createRange();
                range.selectNodeContents(cell);
                const text = range.getBoundingClientRect(), room = cell.getBoundingClientRect();
                return text.width > room.width;
            }).map(cell => cell.textContent)""",
        )
        assert cut == []


def test_no_level_of_headings_is_skipped(visit):
    levels = visit.page.eval_on_selector_all("h1,h2,h3,h4,h5", "all => all.map(e => +e.tagName[1])")
    assert levels[0] == 1
    assert all(now <= before + 1 for before, now in pairwise(levels))


def test_what_scrolls_and_what_slides_has_a_name_of_its_own(visit):
    page = visit.page
    assert page.eval_on_selector_all(".scroll", "all => all.every(e => e.ariaLabel && e.role)")
    names = page.eval_on_selector_all("[data-strips] input", "all => all.map(e => e.ariaLabel)")
    assert names == ["epoch of learned", "epoch of learned-notes"]


def test_without_scripts_everything_but_the_controls_is_there(chromium, report):
    with opened(chromium, report, java_script_enabled=False) as visited:
        assert visited.page.locator("article").count() == 16 + 32 + 4
        assert not visited.page.locator(".slider").first.is_visible()
        assert visited.page.locator("[data-ways] figure img").first.is_visible()


def test_on_paper_what_is_closed_is_opened(visit):
    page = visit.page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() > 0
