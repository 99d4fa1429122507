"""The documentation says what the figures say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from filt.learned.matching.matching import match_bank
from filt.learned.report.answer import answer_of
from filt.learned.report.edge_curves import curves_panel
from filt.learned.report.edge_scores import edge_scores, markdown_table, sigmas_table
from filt.learned.shipped import shipped_ablations, shipped_bank

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "did-it-learn-sobel.md").read_text(encoding="utf-8")
EDGES = (ROOT / "docs" / "edges.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def learned():
    bank = shipped_bank("learned")
    return bank, match_bank(bank)


def test_the_answer_is_the_one_that_the_report_gives(learned):
    quoted = [line.removeprefix("> ") for line in PAGE.splitlines() if line.startswith("> ")]
    assert tuple(quoted) == answer_of(*learned, shipped_ablations("learned")[0]).sentences


def test_the_chance_levels_are_those_of_the_search(learned):
    match, notes = learned[1], match_bank(shipped_bank("learned-notes"))
    assert (
        f"cosine of {match.chance_median:.2f} or more, and 5% reach {match.chance_q95:.2f}" in PAGE
    )
    assert f"{notes.chance_median:.2f} and {notes.chance_q95:.2f}: nine numbers" in PAGE
    assert f"run on {match.samples:,} kernels" in PAGE


def test_the_example_is_the_first_kernel(learned):
    first = learned[1].kernels[0]
    said = (
        f"a cosine of {first.cosine:.2f} with a Gaussian derivative of sigma {first.sigma:.1f}"
        f" pixels that rises towards {first.theta:.0f}°"
    )
    assert said in PAGE.replace("\n", " ")
    assert f"gives {learned[1].random_labels_non_random} non-random kernels of 16" in PAGE


@pytest.mark.parametrize("text", [PAGE, README], ids=["page", "README"])
def test_the_ablations_are_the_ones_that_ship(text):
    rows = [line for line in text.splitlines() if re.match(r"\| (edges of|Fashion-MNIST,)", line)]
    made = [one for bank in ("learned", "learned-fashion") for one in shipped_ablations(bank)]
    assert len(rows) == len(made) == 3
    for row, ablation in zip(rows, made, strict=True):
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[0].endswith(f"{ablation.kernels} kernels")
        assert cells[1:5] == [f"{arm.mean:.3f}" for arm in ablation.arms]
        assert cells[5].endswith(ablation.contrasts[0].verdict)
        mean, low, high = re.findall(r"[+−][\d.]+", cells[5])[:3]
        shown = [float(number.replace("−", "-")) for number in (mean, low, high)]
        contrast = ablation.contrasts[0]
        exact = [100 * contrast.mean, 100 * contrast.low, 100 * contrast.high]
        assert shown == pytest.approx(exact, abs=0.051)


@pytest.mark.parametrize("text", [EDGES, README], ids=["edges", "README"])
def test_the_scores_of_the_edge_detectors_are_those_that_ship(text):
    """`python -m bench.edges --into README.md docs/edges.md` puts them in."""
    assert markdown_table(edge_scores()) in text
    assert text.count("\n| Sobel, no blur |") == 1


def test_the_other_sigmas_and_the_curves_are_those_that_ship():
    """`python -m bench.edges --curves samples/edge-curves.svg` draws them."""
    assert sigmas_table(edge_scores()) in EDGES
    drawn = (ROOT / "samples" / "edge-curves.svg").read_text(encoding="utf-8")
    assert curves_panel(edge_scores()).alternative in drawn


@pytest.mark.parametrize("text", [PAGE, EDGES, README], ids=["page", "edges", "README"])
def test_what_is_linked_is_there(text):
    base = ROOT if text is README else ROOT / "docs"
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    links += re.findall(r'src="([^"]+)"', text)
    assert links
    assert [link for link in links if not (base / link).exists()] == []
