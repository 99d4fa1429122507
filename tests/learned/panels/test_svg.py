"""Panels as SVG: XML that stands in any page, twice the same, without clashes and references."""

from __future__ import annotations

import json
import re
from functools import cache
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from filt.learned.ablation.contrasts import contrasts, reading
from filt.learned.ablation.results import Ablation, Arm
from filt.learned.kernel_bank import KernelBank
from filt.learned.matching.matching import match_bank
from filt.learned.panels.ablation import ablation_panel
from filt.learned.panels.epochs import epochs_panel
from filt.learned.panels.families import families_panel
from filt.learned.panels.kernels import kernels_panel
from filt.learned.panels.orientation import orientation_panel
from filt.learned.panels.plane import plane_panel
from filt.learned.panels.style import FAMILY_MARKS, INK, mark_of
from filt.learned.panels.subspaces import subspaces_panel
from filt.learned.panels.svg import panel_svg
from filt.learned.provenance import Provenance

RNG = np.random.default_rng(3)
SLOPES = np.arange(9.0).reshape(3, 3, 1, 1) - 4


def bank_of(name, shape=(3, 3, 1, 4), **arrays):
    return KernelBank(RNG.normal(size=shape), name, **arrays)


def course(shape):
    return {
        "untrained": RNG.normal(size=shape),
        "epochs": RNG.normal(size=(2, *shape)),
        "random_labels": RNG.normal(size=shape),
    }


FLAT = np.concatenate([SLOPES, np.ones((3, 3, 1, 2))], axis=3)
BANKS = {
    "plain": bank_of("plain"),
    "course": bank_of("a course & more", **course((3, 3, 1, 4))),
    "flat": KernelBank(FLAT, "flat", untrained=FLAT),
    "all flat": KernelBank(np.ones((3, 3, 1, 2)), "all flat"),
    "one tap": bank_of("one tap", (1, 1, 1, 3), **course((1, 1, 1, 3))),
    "row": bank_of("row", (1, 5, 1, 3)),
    "colour": bank_of("colour", (3, 3, 3, 5), **course((3, 3, 3, 5))),
    "deep": bank_of("deep", (5, 5, 9, 3), untrained=RNG.normal(size=(5, 5, 9, 3))),
    "many": bank_of("many", (3, 3, 1, 70)),
    "large": bank_of("large", (33, 33, 1, 2)),
}
MATCHES = {name: match_bank(bank, samples=1000) for name, bank in BANKS.items()}

ARMS = (
    Arm("learned", (0.5, 0.6, 0.7)),
    Arm("frozen-random", (0.4, 0.45, 0.62)),
    Arm("my-own", (0.1, 0.2, 0.3)),
)
MADE = contrasts(ARMS)
ABLATION = Ablation(
    "plain", "small", "leaves", "accuracy", (1, 2, 5), ARMS, MADE, reading(MADE), Provenance(),
    1, 10, 10, 4, 3, 0.01,
)  # fmt: skip


def panels_of(*names, width=7.0):
    banks, matches = [BANKS[name] for name in names], [MATCHES[name] for name in names]
    return [
        families_panel(matches, width=width),
        plane_panel(banks, matches, width=width),
        orientation_panel(banks, matches, width=width),
        epochs_panel(banks, matches, width=width),
        subspaces_panel(banks, width=width),
        *(kernels_panel(bank, width=width) for bank in banks),
        ablation_panel(ABLATION, width=width),
    ]


@cache
def of_course():
    return panels_of("course")


SETS = [("course", "flat"), ("all flat", "one tap", "row"), ("colour", "deep", "many", "large")]


@pytest.fixture(scope="module", params=SETS, ids=" and ".join)
def panels(request):
    return panels_of(*request.param)


def ids(svg):
    return [one.get("id") for one in ElementTree.fromstring(svg).iter() if one.get("id")]


def test_every_panel_says_what_it_is(panels):
    for panel in panels:
        assert panel.title
        assert panel.caption.endswith(".")
        assert panel.alternative.endswith(".")
        assert all(len(row) == len(panel.columns) for row in panel.rows)
        json.dumps([panel.columns, panel.rows], allow_nan=False)
        assert panel.rows


def test_every_figure_has_axes_with_labels(panels):
    for panel in panels:
        assert panel.figure.axes
        for axes in panel.figure.axes:
            if axes.axison:
                assert axes.get_xlabel() or axes.get_ylabel()
                assert axes.get_title(loc="left")
            else:
                assert axes.get_legend() or axes.get_label() == "kernels" or not axes.lines


def test_svg_stands_alone(panels):
    for panel in panels:
        svg = panel.svg
        root = ElementTree.fromstring(svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("aria-label") == panel.alternative
        assert svg.count("http") == 1  # the namespace's own name
        assert INK not in svg
        assert "currentColor" in svg
        assert "DejaVu" not in svg
        assert "<style" not in svg
        assert "<!" not in svg
        for element in root.iter():
            link = element.get("href", "#")
            assert link.startswith(("#", "data:image/png;base64,"))


def test_every_reference_has_its_target_once(panels):
    for panel in panels:
        svg = panel.svg
        found = ids(svg)
        wanted = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg))
        assert sorted(found) == sorted(first or second for first, second in wanted)
        assert all(name.startswith(re.sub(r"[^a-z0-9]+", "-", panel.name)) for name in found)


def test_no_ids_clash_on_one_page():
    names = [panel.svg for panel in [*of_course(), *panels_of("plain")[:-1]]]
    found = [name for svg in names for name in set(ids(svg))]
    assert len(found) == len(set(found)) > 10


def test_the_same_banks_give_the_same_bytes_whatever_the_settings_of_matplotlib():
    first = [panel.svg for panel in of_course()]
    assert [panel.svg for panel in panels_of("course")] == first
    assert [panel.svg for panel in of_course()] == first
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path"}):
        before = dict(matplotlib.rcParams)
        assert [panel.svg for panel in panels_of("course")] == first
        assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("width", [3.75, 12.0])
def test_other_widths(width):
    for panel in panels_of("course", "plain", width=width):
        assert panel.figure.get_figwidth() == width
        root = ElementTree.fromstring(panel.svg)
        assert root.get("width") == f"{96 * width:.0f}"


def test_text_stays_text_and_within_the_figure(panels):
    for panel in panels:
        words = "".join(ElementTree.fromstring(panel.svg).itertext())
        shown = [text for text in panel.figure.findobj(matplotlib.text.Text) if text.get_text()]
        assert any(text.get_text().splitlines()[0] in words for text in shown)
        extent = panel.figure.get_tightbbox()
        size = panel.figure.get_size_inches()
        # A twentieth of an inch is room for the middle of a mark.
        assert min(extent.x0, extent.y0) > -0.05
        assert extent.x1 < size[0] + 0.05
        assert extent.y1 < size[1] + 0.05


def test_alternative_and_label_are_optional():
    figure = Figure((1, 1))
    figure.text(0, 0, "a < b & c")
    svg = panel_svg(figure)
    assert "aria-label" not in svg
    assert "".join(ElementTree.fromstring(svg).itertext()).strip() == "a < b & c"
    assert 'aria-label="&lt;&quot;&gt;"' in panel_svg(figure, '<">')


def test_a_notebook_gets_the_panel_with_its_words():
    panel = kernels_panel(BANKS["course"])
    html = panel._repr_html_()
    assert "a course &amp; more" in html
    assert panel.svg in html
    assert "48 rows" not in repr(panel)
    assert repr(panel).endswith("12 rows>")


def luminance(colour):
    share = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)]) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_families_can_be_told_apart_on_white_and_on_black():
    dark = luminance("#16161a")
    for mark in FAMILY_MARKS.values():
        light = luminance(mark.colour)
        assert 1.05 / (light + 0.05) >= 3
        assert (light + 0.05) / (dark + 0.05) >= 3
    assert len({mark.shape for mark in FAMILY_MARKS.values()}) == len(FAMILY_MARKS)
    assert mark_of("something new").shape not in {mark.shape for mark in FAMILY_MARKS.values()}
