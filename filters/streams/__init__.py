"""Pictures larger than memory: read, and written, some rows at a time."""
