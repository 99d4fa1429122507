"""Learned, handcrafted and random first layers at the same job."""
