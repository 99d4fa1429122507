"""Models and their training: all that runs Keras."""
