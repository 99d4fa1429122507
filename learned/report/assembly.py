"""The report as one HTML page: panels, cards and pictures put in their places.

The page needs nothing beside it and loads nothing. Everything that it says is text or a figure of
the comparison; the template arranges and computes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from typing import Any

from ...filters.drawing.html import THEME
from ...filters.kernel import Kernel
from ..ablation.results import Ablation
from ..kernel_bank import KernelBank, Weights
from ..panels.ablation import ablation_panel
from ..panels.epochs import epochs_panel
from ..panels.families import families_panel
from ..panels.orientation import orientation_panel
from ..panels.panel import Panel
from ..panels.plane import plane_panel
from ..panels.subspaces import subspaces_panel
from .bank_view import bank_view, overview_of
from .cards import course_of
from .comparison import BankFindings, Comparison, PhotoFindings
from .edge_curves import curves_panel
from .edge_job import METHODS
from .edge_table import scores_table, scores_words
from .explorer import explorer_data
from .glossary import GLOSSARY
from .pictures import edges_uri, photo_uri, response_uris
from .responses import ResponsePair
from .view import Table, cell, table

MOST_PAIRS = 48
"""How many pairs of responses the page draws, over all banks and photos."""

MOST_PLOTTED = 256
"""How many kernels of a bank the plots draw."""

MOST_TAPS = 12_000
"""How many taps the explorer offers, over all banks; of each bank one kernel at least."""

_FEWEST_PAIRS, _PAIRS_OF_ONE = 3, 16
_OF_A_NAME = 10
_CURVES = 4.2
"""How wide the curves of edge detectors are, in inches: beside their table, or on a telephone."""

EXPLORED = (
    "sobel-x", "sobel-y", "scharr-x", "prewitt-x", "laplacian4", "laplacian8", "box-blur",
    "gaussian-blur", "sharpen", "emboss", "line-v", "identity",
)  # fmt: skip
"""The handcrafted kernels that the explorer offers."""

_WORDS = {
    "kernels": "Each learned kernel beside the handcrafted one that it is nearest to, both without"
    " their mean where they are compared. Orange is above zero, blue below, white is zero. The bar"
    " runs from 0 to 1: the long mark is the cosine of the two, the short grey one that of the"
    " same kernel before training, and 95% of untrained kernels stay within the grey part.",
    "training": "The large pictures follow the slider through the epochs, each kernel on one scale"
    " for all of them; below it untrained, trained and the difference, each on its own scale.",
    "responses": "The photo through each learned kernel (left) and its nearest handcrafted one"
    " (right), on one scale, both without their mean and at equal strength: orange above zero, blue"
    " below. Any two kernels of one kind answer photos alike, so the correlation stands beside what"
    " untrained kernels reach in the same search.",
    "no_responses": "No kernel here has a shape that is compared, so none is laid beside another.",
    "no_panels": "No kernel here is compared, so there is nothing to plot.",
    "edges": "Sobel, Canny and a learned network do the same job here: dark lines where they see an"
    " edge, each at its own defaults. Move the slider to lay one over the other.",
    "better": "The same training with four first layers: learned from a random start; that very"
    " start, frozen; handcrafted kernels, frozen; handcrafted kernels, trained. All start with"
    " equal response variance, and every seed runs all four.",
    "no_ablation": "No ablation is known for these kernels. filt ablate makes one.",
    "making": "The same command makes the same page again, on the same machine to the byte:",
}


def report_html(comparison: Comparison) -> str:
    """A comparison as one HTML page, in light and dark, for the screen, a telephone and paper.

    Every text is escaped. The same comparison gives the same page.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    css = "\n".join([THEME, _asset("report.css"), _asset("explorer.css")])
    js = "\n".join([_asset("report.js"), _asset("explorer.js")])
    return environment.get_template("report.html.j2").render(
        css=Markup(css), js=Markup(js), words=_WORDS, glossary=list(GLOSSARY.items()),
        **_view(comparison),
    )  # fmt: skip


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("page", name).read_text(encoding="utf-8")


def _view(comparison: Comparison) -> dict[str, Any]:
    banks, photos = comparison.banks, comparison.photos
    names = [one.bank.name for one in banks]
    subject = f"{', '.join(photo.photo.name for photo in photos)} · {', '.join(names)}"
    courses = [course for one in banks if (course := course_of(one.bank))]
    groups, explored = _explored(banks)
    return {
        "title": f"{banks[0].answer.headline} · filt",
        "headline": banks[0].answer.headline,
        "subject": subject,
        "version": comparison.versions.get("filt", ""),
        "sections": _sections(comparison, bool(courses)),
        "banks": [bank_view(one) for one in banks],
        "overview": overview_of(banks),
        "courses": courses,
        "photos": [_photo_view(one, banks, _pairs_for(comparison)) for one in photos],
        "scores": _scores_view(comparison),
        "panels": [_panel_view(one) for one in _panels(banks)],
        "plotted": [
            f"The plots are of the first {MOST_PLOTTED} of the {len(one.bank)} kernels of"
            f" {one.bank.name}."
            for one in banks
            if one.match.families and len(one.bank) > MOST_PLOTTED
        ],
        "ablations": [_ablation_view(ablation) for one in banks for ablation in one.ablations],
        "explorer": explorer_data(photos[0].photo.picture, groups),
        "explored": explored,
        "command": comparison.command,
        "versions": table("", ("library", "version"), list(comparison.versions.items())),
    }


def _sections(comparison: Comparison, has_courses: bool) -> list[tuple[str, str]]:
    photos = comparison.photos
    several = len(photos) > 1
    sections = [("answer", "Answer"), ("kernels", "Kernels")]
    sections += [("training", "Training")] if has_courses else []
    for number, one in enumerate(photos):
        suffix = f" {one.photo.name}" if several else ""
        sections += [
            (f"photo-{number}", f"Photo{suffix}"),
            (f"edges-{number}", f"Edges{suffix}"),
        ]
    return [
        *sections,
        ("plots", "Plots"),
        ("better", "Better?"),
        ("explorer", "Explorer"),
        ("making", "Making"),
    ]


def _panels(banks: Sequence[BankFindings]) -> list[Panel]:
    compared = [one for one in banks if one.match.families]
    if not compared:
        return []
    matches = [replace(one.match, kernels=one.match.kernels[:MOST_PLOTTED]) for one in compared]
    own = [_first(one.bank, MOST_PLOTTED) for one in compared]
    panels = [
        families_panel(matches),
        orientation_panel(own, matches),
        plane_panel(own, matches),
        subspaces_panel(own),
    ]
    watched = [n for n, one in enumerate(own) if one.epochs is not None]
    if watched:
        panels.append(epochs_panel([own[n] for n in watched], [matches[n] for n in watched]))
    return panels


def _first(bank: KernelBank, most: int) -> KernelBank:
    """The first kernels of a bank."""
    if len(bank) <= most:
        return bank
    return replace(
        bank,
        names=bank.names[:most],
        kernels=bank.kernels[..., :most],
        bias=_first_of(bank.bias, most),
        untrained=_first_of(bank.untrained, most),
        epochs=_first_of(bank.epochs, most),
        random_labels=_first_of(bank.random_labels, most),
    )


def _first_of(weights: Weights | None, most: int) -> Weights | None:
    return None if weights is None else weights[..., :most]


def _panel_view(panel: Panel) -> dict[str, Any]:
    from markupsafe import Markup

    return {
        "title": panel.title,
        "caption": panel.caption,
        "alternative": panel.alternative,
        "svg": Markup(panel.svg),
        "columns": panel.columns,
        "rows": [[cell(value) for value in row] for row in panel.rows],
    }


def _ablation_view(ablation: Ablation) -> dict[str, Any]:
    return {
        "title": f"{ablation.bank}: {ablation.kernels} kernels of {ablation.size}×{ablation.size},"
        f" {ablation.epochs} epochs of {ablation.pictures:,} pictures",
        "reading": ablation.reading,
        "panel": _panel_view(ablation_panel(ablation)),
        "made": f"Made by {ablation.provenance.command}",
    }


def _pairs_for(comparison: Comparison) -> int:
    """How many pairs are drawn of each bank on each photo: those of the smallest p."""
    shares = MOST_PAIRS // (len(comparison.banks) * len(comparison.photos))
    return min(_PAIRS_OF_ONE, max(_FEWEST_PAIRS, shares))


def _photo_view(found: PhotoFindings, banks: Sequence[BankFindings], most: int) -> dict[str, Any]:
    photo = found.photo
    note = ""
    if photo.is_reduced:
        (width, height), (small_width, small_height) = photo.size, photo.picture.size
        note = (
            f"Reduced from {width}×{height} to {small_width}×{small_height} pixels for this page,"
            " here and in the explorer."
        )
    return {
        "name": photo.name,
        "note": note,
        "uri": photo_uri(photo.picture),
        "responses": [
            _responses_view(one, found.pairs[number], most)
            for number, one in enumerate(banks)
            if found.pairs[number]
        ],
        "ways": [
            {
                "method": way.method,
                "edges": edges_uri(way.edge_map),
                "said": f"{way.meaning}; {way.share:.1%} of the pixels",
            }
            for way in found.edges
        ],
        "agreement": Table(
            "how far the edges agree: F-measure within one pixel, from 0 to 1",
            ("method", "low", "high", "edge pixels", *METHODS),
            [
                [
                    way.method,
                    f"{way.low:.3g}",
                    f"{way.high:.3g}",
                    f"{way.pixels:,}",
                    *(f"{way.agreement[other]:.2f}" for other in METHODS),
                ]
                for way in found.edges
            ],
        ),
    }


def _scores_view(comparison: Comparison) -> dict[str, Any]:
    scores, photos = comparison.edge_scores, comparison.photos
    shown = photos[0].photo.name if len(photos) == 1 else "these photos"
    return {
        "said": scores_words(scores, shown),
        "table": scores_table(scores, METHODS),
        "panel": _panel_view(curves_panel(scores, width=_CURVES)),
    }


def _responses_view(one: BankFindings, every: Sequence[ResponsePair], most: int) -> dict[str, Any]:
    kernels = one.match.kernels
    pairs = sorted(every, key=lambda pair: kernels[pair.index].p)[:most]
    views = []
    for pair in sorted(pairs, key=lambda pair: pair.index):
        learned, handcrafted = response_uris(pair.learned_response, pair.handcrafted_response)
        views.append(
            {
                "name": one.bank.names[pair.index],
                "partner": kernels[pair.index].family,
                "learned": learned,
                "handcrafted": handcrafted,
                "said": f"correlation {pair.correlation:.2f}{_by_chance(one, pair.index)}",
            }
        )
    left = len(every) - len(views)
    note = f"the {len(views)} of the smallest p; {left} more are not drawn" if left else ""
    return {"bank": one.bank.name, "note": note, "pairs": views}


def _by_chance(one: BankFindings, index: int) -> str:
    if one.functional is None:
        return ""
    answer = one.functional.kernels[index].nearest
    return f"; 95% of untrained kernels below {answer.high:.2f}"


def _explored(banks: Sequence[BankFindings]) -> tuple[dict[str, list[Kernel]], list[str]]:
    """The kernels that the explorer offers, by group, and what is said of those left out."""
    from ...filters.catalogue import kernel

    groups: dict[str, list[Kernel]] = {"handcrafted": [kernel(name) for name in EXPLORED]}
    notes = []
    for one in banks:
        height, width, channels, count = one.bank.kernels.shape
        taps = (height * width + _OF_A_NAME) * channels
        most = max(1, MOST_TAPS // len(banks) // taps)
        groups[one.bank.name] = [one.bank[n] for n in range(min(count, most))]
        if count > most:
            first = "kernel" if most == 1 else f"{most} kernels"
            notes.append(f"Here are the first {first} of the {count} of {one.bank.name}.")
    return groups, notes
