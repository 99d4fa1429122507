"""What learned kernels are like, and how far chance alone would come."""
