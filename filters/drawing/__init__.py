"""Drawing: kernels, captions and sheets as pixels."""
