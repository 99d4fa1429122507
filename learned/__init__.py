"""Learned filters: kernels out of trained networks, and how they compare."""
