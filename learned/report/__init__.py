"""The report: what a network learned beside what was made by hand, on one page."""
