"""Benchmarks: filt beside its peers. Not installed with the package."""
