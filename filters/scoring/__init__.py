"""Scoring edges: the boundary benchmark of BSDS500."""
