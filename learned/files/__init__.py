"""Banks, networks and models in files, read as data: nothing in them can run."""
