"""A bank as the page shows it: its cards, its layer, its provenance; several in one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..matching.chance import Measured
from ..matching.matches import KernelMatch
from .answer import families_text
from .cards import MOST_CARDS, Card, likeness_of, scale_note, tables_of
from .comparison import BankFindings
from .is_it_sobel import operators_text
from .view import Table, beside_chance, p_text

_FAMILY = {
    "gradient": "slope (gradient)",
    "bar": "bar",
    "centre-surround": "centre-surround",
    "saddle": "saddle",
    "gabor": "Gabor",
}
_SMALL = 3
_MEAN_SAID = 0.05


def bank_view(found: BankFindings) -> dict[str, Any]:
    """What the template takes of one bank."""
    bank = found.bank
    cards = [_card(found, kernel) for kernel in found.match.kernels[:MOST_CARDS]]
    left = len(bank) - len(cards)
    return {
        "name": bank.name,
        "about": bank.title.removeprefix(f"{bank.name}: ")
        + (f"; {found.about}" * bool(found.about)),
        "answer": found.answer,
        "cards": cards,
        "crowd": "small" if max(bank.kernels.shape[:2]) <= _SMALL else "",
        "more": f"{left} more {'kernel is' if left == 1 else 'kernels are'} in the JSON."
        if left
        else "",
        "layer": _layer_table(found),
        "provenance": _provenance(found),
    }


def overview_of(banks: Sequence[BankFindings]) -> Table:
    """All banks in one table."""
    rows = []
    for found in banks:
        match = found.match
        spectrum = None if found.controls is None else found.controls.beyond
        rows.append(
            [
                found.bank.name,
                found.bank.title.removeprefix(f"{found.bank.name}: "),
                f"{match.non_random} of {match.counted}",
                _count(match.untrained_non_random),
                _count(match.random_labels_non_random),
                _count(spectrum),
                families_text(match) or "–",
            ]
        )
    return Table(
        "non-random: unlike untrained kernels, on average at most 5% of such findings false; the"
        " next columns"
        " are the same test on the bank before training, on a training with labels without meaning,"
        " and against random kernels with the layer's own spectrum on this photo",
        ("bank", "kernels", "non-random", "untrained", "random labels", "beyond its spectrum",
         "the non-random are"),
        rows,
    )  # fmt: skip


def _card(found: BankFindings, kernel: KernelMatch) -> Card:
    bank = found.bank
    taps = np.asarray(bank.kernels[..., kernel.index], np.float64)
    taps = taps[:, :, 0] if taps.shape[2] == 1 else taps
    partner = found.partners[kernel.index] if kernel.family else None
    learned_note = scale_note(taps)
    return Card(
        name=bank.names[kernel.index],
        found=kernel.non_random,
        verdict=_verdict(kernel),
        learned=tables_of(taps, bank.names[kernel.index]),
        learned_caption="learned" + (f", {learned_note}" if learned_note else ""),
        partner=() if partner is None else tables_of(_scaled(partner), kernel.family),
        partner_caption=_partner_text(kernel),
        likeness=likeness_of(kernel) if kernel.family else None,
        figures=tuple(_figures(found, kernel)),
        notes=tuple(_notes(found, kernel)),
    )


def _scaled(template: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A template at the strength at which its taps are short numbers: the largest is 1."""
    return template / (np.abs(template).max() or 1.0)


def _verdict(kernel: KernelMatch) -> str:
    if kernel.flags:
        return ", ".join(kernel.flags)
    if not kernel.family:
        return "not compared"
    return "non-random" if kernel.non_random else "as chance"


def _partner_text(kernel: KernelMatch) -> str:
    if not kernel.family:
        return ""
    if kernel.identical:
        return kernel.identical
    parts = [("minus " if kernel.sign < 0 else "") + _FAMILY[kernel.family]]
    if kernel.theta is not None:
        parts.append(
            f"{'rising to' if kernel.family == 'gradient' else 'across'} {kernel.theta:.0f}°"
        )
    if kernel.sigma is not None:
        parts.append(f"σ {kernel.sigma:.2g}")
    return ", ".join(parts)


def _figures(found: BankFindings, kernel: KernelMatch) -> list[tuple[str, str, str, str]]:
    if not kernel.family:
        return []
    before = "–" if kernel.untrained is None else f"{kernel.untrained:.2f}"
    rows = [("cosine", f"{kernel.cosine:.2f}", before, f"{kernel.chance_q95:.2f}")]
    others: list[tuple[str, Measured | None]] = []
    if found.functional is not None:
        others.append(("on the photo", found.functional.kernels[kernel.index].nearest))
    if found.fits is not None:
        others.append(("Gabor R²", found.fits.gabor_r2.kernels[kernel.index]))
    others.append(("selectivity", found.tuning.selectivity.kernels[kernel.index]))
    rows += [
        (name, f"{one.value:.2f}", "–", f"{one.high:.2f}")
        for name, one in others
        if one is not None
    ]
    return rows


def _notes(found: BankFindings, kernel: KernelMatch) -> list[str]:
    if "flat" in kernel.flags:
        return ["All taps are equal: it has no shape."]
    if not kernel.family:
        return []
    first = f"p {p_text(kernel.p)}, q {p_text(kernel.q)}"
    if found.controls is not None:
        control = found.controls.kernels[kernel.index]
        first += f"; spectrum-matched p {p_text(control.spectrum_p)}"
    notes = [first]
    if len(kernel.alike) > 1:
        notes.append(f"{operators_text(kernel.alike)} can't be told apart here")
    if found.opponency is not None:
        notes.append(found.opponency.verdicts[kernel.index])
    if abs(kernel.dc_share) >= _MEAN_SAID:
        share = f"{kernel.dc_share:+.0%}".replace("-", "−")
        notes.append(f"mean: {share} of its energy, left out of the comparison")
    return notes


def _layer_table(found: BankFindings) -> Table:
    layer, shares = found.layer, found.subspaces
    rows = [
        ["odd share", beside_chance(shares.odd.layer), "slopes are odd, bars even; noise half"],
        ["share of the mean", beside_chance(shares.mean.layer), "how much is plain average"],
    ]
    if shares.edge is not None and shares.line is not None:
        rows += [
            ["Frei-Chen edge", beside_chance(shares.edge.layer), "by chance 4/9"],
            ["Frei-Chen line", beside_chance(shares.line.layer), "by chance 4/9"],
        ]
    rows += [
        ["sparsity", beside_chance(layer.sparsity), "kernels that are next to nothing"],
        ["variance entropy", beside_chance(layer.variance_entropy), "0: all one pattern"],
        ["orthogonality", beside_chance(layer.orthogonality), "1: all at right angles"],
    ]
    if found.moved:
        rows.append(
            ["cosine with untrained", f"{np.median(found.moved):z.2f} (median)", "1: nothing moved"]
        )
    return Table("means over the kernels, beside untrained layers", ("figure", "value", ""), rows)


def _provenance(found: BankFindings) -> list[tuple[str, str]]:
    text = str(found.bank.provenance)
    return [
        (name, value) for line in text.splitlines() for name, _, value in [line.partition(": ")]
    ]


def _count(value: int | None) -> str:
    return "–" if value is None else str(value)
