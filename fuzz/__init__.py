"""Fuzzing: files and names that nobody would write, given to what reads them; not installed."""
