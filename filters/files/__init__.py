"""Files: pictures and taps, read with bounds and written whole or not at all."""
