"""filt: classic image filters, side by side with the filters that a neural network learns.

>>> import filt
>>> filt.kernels["sobel-x"].finds
'vertical edges: positive where it gets brighter to the right'
>>> filt.correlate([[0, 0, 1, 1]] * 3, "sobel-x")[1].tolist()
[0.0, 4.0, 4.0, 0.0]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .filters.bank import BankGradients, correlate_bank, correlate_bank_gradients
    from .filters.borders import BORDERS
    from .filters.catalogue import kernel, kernels
    from .filters.colour import luma
    from .filters.correlation import convolve, convolve1d, correlate, correlate1d
    from .filters.edges.canny import CannyStages, canny, canny_stages
    from .filters.edges.gradient import Gradient, gradient, gradient_polar
    from .filters.edges.linking import link
    from .filters.edges.methods import edge_stages
    from .filters.edges.opencv import canny_opencv
    from .filters.edges.stages import EdgeStages
    from .filters.edges.steering import gaussian_derivative, steered, steered_second
    from .filters.edges.structure import structure_tensor
    from .filters.edges.tensor import StructureTensor
    from .filters.edges.thinning import thin
    from .filters.edges.zero_crossings import zero_crossings
    from .filters.engine.threads import get_threads, set_threads
    from .filters.errors import FiltError, InputError, ModelError, ReadError, WriteError
    from .filters.explanation import Explanation, explain
    from .filters.files.reading import read_image
    from .filters.files.writing import write_image
    from .filters.filter import Filter
    from .filters.kernel import Kernel
    from .filters.likeness import likeness
    from .filters.operators import (
        difference_of_gaussians,
        gaussian_gradient,
        kirsch,
        laplacian,
        laplacian_of_gaussian,
        prewitt,
        roberts,
        robinson,
        scharr,
        sobel,
    )
    from .filters.picture import Picture
    from .filters.pipeline import Pipeline
    from .filters.placement import Placement
    from .filters.planning import CorrelationPlan, plan
    from .filters.pooling import (
        average_pool,
        depth_average_pool,
        depth_max_pool,
        global_average_pool,
        global_max_pool,
        l2_pool,
        max_pool,
    )
    from .filters.scoring.score import EdgeScore, score_edges
    from .filters.showing import to_picture
    from .filters.size_chain import size_chain
    from .filters.sizes import output_size, output_size_for, parameter_count, receptive_field
    from .filters.smoothing import (
        binomial_blur,
        box_blur,
        emboss,
        gaussian_blur,
        motion_blur,
        sharpen,
        unsharp_mask,
    )
    from .learned.files.bank_files import load_bank
    from .learned.files.model_files import read_model
    from .learned.kernel_bank import KernelBank
    from .learned.matching.matches import BankMatch
    from .learned.matching.matching import match_bank
    from .names import resolve

__version__ = "0.1.0"

__all__ = [
    "BORDERS",
    "BankGradients",
    "BankMatch",
    "CannyStages",
    "CorrelationPlan",
    "EdgeScore",
    "EdgeStages",
    "Explanation",
    "FiltError",
    "Filter",
    "Gradient",
    "InputError",
    "Kernel",
    "KernelBank",
    "ModelError",
    "Picture",
    "Pipeline",
    "Placement",
    "ReadError",
    "StructureTensor",
    "WriteError",
    "__version__",
    "average_pool",
    "binomial_blur",
    "box_blur",
    "canny",
    "canny_opencv",
    "canny_stages",
    "convolve",
    "convolve1d",
    "correlate",
    "correlate1d",
    "correlate_bank",
    "correlate_bank_gradients",
    "depth_average_pool",
    "depth_max_pool",
    "difference_of_gaussians",
    "edge_stages",
    "emboss",
    "explain",
    "gaussian_blur",
    "gaussian_derivative",
    "gaussian_gradient",
    "get_threads",
    "global_average_pool",
    "global_max_pool",
    "gradient",
    "gradient_polar",
    "kernel",
    "kernels",
    "kirsch",
    "l2_pool",
    "laplacian",
    "laplacian_of_gaussian",
    "likeness",
    "link",
    "load_bank",
    "luma",
    "match_bank",
    "max_pool",
    "motion_blur",
    "output_size",
    "output_size_for",
    "parameter_count",
    "plan",
    "prewitt",
    "read_image",
    "read_model",
    "receptive_field",
    "resolve",
    "roberts",
    "robinson",
    "scharr",
    "score_edges",
    "set_threads",
    "sharpen",
    "size_chain",
    "sobel",
    "steered",
    "steered_second",
    "structure_tensor",
    "thin",
    "to_picture",
    "unsharp_mask",
    "write_image",
    "zero_crossings",
]

_HOMES = {
    "BORDERS": "filters.borders",
    "BankGradients": "filters.bank",
    "BankMatch": "learned.matching.matches",
    "CannyStages": "filters.edges.canny",
    "CorrelationPlan": "filters.planning",
    "EdgeScore": "filters.scoring.score",
    "EdgeStages": "filters.edges.stages",
    "Explanation": "filters.explanation",
    "FiltError": "filters.errors",
    "Filter": "filters.filter",
    "Gradient": "filters.edges.gradient",
    "InputError": "filters.errors",
    "Kernel": "filters.kernel",
    "KernelBank": "learned.kernel_bank",
    "ModelError": "filters.errors",
    "Picture": "filters.picture",
    "Pipeline": "filters.pipeline",
    "Placement": "filters.placement",
    "ReadError": "filters.errors",
    "StructureTensor": "filters.edges.tensor",
    "WriteError": "filters.errors",
    "average_pool": "filters.pooling",
    "binomial_blur": "filters.smoothing",
    "box_blur": "filters.smoothing",
    "canny": "filters.edges.canny",
    "canny_opencv": "filters.edges.opencv",
    "canny_stages": "filters.edges.canny",
    "convolve": "filters.correlation",
    "convolve1d": "filters.correlation",
    "correlate": "filters.correlation",
    "correlate1d": "filters.correlation",
    "correlate_bank": "filters.bank",
    "correlate_bank_gradients": "filters.bank",
    "depth_average_pool": "filters.pooling",
    "depth_max_pool": "filters.pooling",
    "difference_of_gaussians": "filters.operators",
    "edge_stages": "filters.edges.methods",
    "emboss": "filters.smoothing",
    "explain": "filters.explanation",
    "gaussian_blur": "filters.smoothing",
    "gaussian_derivative": "filters.edges.steering",
    "gaussian_gradient": "filters.operators",
    "get_threads": "filters.engine.threads",
    "global_average_pool": "filters.pooling",
    "global_max_pool": "filters.pooling",
    "gradient": "filters.edges.gradient",
    "gradient_polar": "filters.edges.gradient",
    "kernel": "filters.catalogue",
    "kernels": "filters.catalogue",
    "kirsch": "filters.operators",
    "l2_pool": "filters.pooling",
    "laplacian": "filters.operators",
    "laplacian_of_gaussian": "filters.operators",
    "likeness": "filters.likeness",
    "link": "filters.edges.linking",
    "load_bank": "learned.files.bank_files",
    "luma": "filters.colour",
    "match_bank": "learned.matching.matching",
    "max_pool": "filters.pooling",
    "motion_blur": "filters.smoothing",
    "output_size": "filters.sizes",
    "output_size_for": "filters.sizes",
    "parameter_count": "filters.sizes",
    "plan": "filters.planning",
    "prewitt": "filters.operators",
    "read_image": "filters.files.reading",
    "read_model": "learned.files.model_files",
    "receptive_field": "filters.sizes",
    "resolve": "names",
    "roberts": "filters.operators",
    "robinson": "filters.operators",
    "scharr": "filters.operators",
    "score_edges": "filters.scoring.score",
    "set_threads": "filters.engine.threads",
    "sharpen": "filters.smoothing",
    "size_chain": "filters.size_chain",
    "sobel": "filters.operators",
    "steered": "filters.edges.steering",
    "steered_second": "filters.edges.steering",
    "structure_tensor": "filters.edges.structure",
    "thin": "filters.edges.thinning",
    "to_picture": "filters.showing",
    "unsharp_mask": "filters.smoothing",
    "write_image": "filters.files.writing",
    "zero_crossings": "filters.edges.zero_crossings",
}
"""The module of each public name, imported when the name is first used."""

if not TYPE_CHECKING:  # else type checkers would take any name for one of ours

    def __getattr__(name: str) -> Any:
        """The public name, which stays here from then on."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        """The public names, used before or not."""
        return [*__all__]
