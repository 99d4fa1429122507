"""The rows of the benchmark, in the order in which they are measured."""

from __future__ import annotations

from . import banks, blurs, compounds, detectors, gradients, kernels, processes

ROWS = (
    *gradients.ROWS,
    *kernels.ROWS,
    *blurs.ROWS,
    *compounds.ROWS,
    *detectors.ROWS,
    *banks.ROWS,
    *processes.ROWS,
)
