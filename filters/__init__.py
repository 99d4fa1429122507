"""Handcrafted filters: kernels, correlation and convolution, image files, and what they show."""
