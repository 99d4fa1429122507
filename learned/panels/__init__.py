"""What is known of banks as figures: each with its data, a caption and a text in its place."""

from .ablation import ablation_panel
from .epochs import epochs_panel
from .families import families_panel
from .kernels import kernels_panel
from .orientation import orientation_panel
from .panel import Panel
from .plane import plane_panel
from .subspaces import subspaces_panel

__all__ = [
    "Panel",
    "ablation_panel",
    "epochs_panel",
    "families_panel",
    "kernels_panel",
    "orientation_panel",
    "plane_panel",
    "subspaces_panel",
]
