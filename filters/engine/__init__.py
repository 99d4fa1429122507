"""The engine: how what is local is computed, a strip of rows at a time, on all threads.

It takes what was validated before, and knows nothing of names or pictures.
"""

from .correlation import Combine, Lay, correlated
from .factors import separated
from .plan import Plan, plan_of
from .rows import Pixels, Rows, Stage, Window, computed, extended, strip_height, strips, walked
from .threads import alone, get_threads, set_threads, share_out

__all__ = [
    "Combine",
    "Lay",
    "Pixels",
    "Plan",
    "Rows",
    "Stage",
    "Window",
    "alone",
    "computed",
    "correlated",
    "extended",
    "get_threads",
    "plan_of",
    "separated",
    "set_threads",
    "share_out",
    "strip_height",
    "strips",
    "walked",
]
