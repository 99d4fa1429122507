"""Edges: gradients, the stages of Canny, and every method that draws edges."""
