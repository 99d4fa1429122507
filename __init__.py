"""filt: classic image filters, side by side with the filters that a neural network learns.

>>> import filt
>>> filt.kernels["sobel-x"].finds
'vertical edges: positive where it gets brighter to the right'
>>> filt.correlate([[0, 0, 1, 1]] * 3, "sobel-x")[1].tolist()
[0.0, 4.0, 4.0, 0.0]
"""

from .filters.bank import BankGradients, correlate_bank, correlate_bank_gradients
from .filters.borders import BORDERS
from .filters.catalogue import kernel, kernels
from .filters.colour import luma
from .filters.correlation import convolve, convolve1d, correlate, correlate1d
from .filters.edges.canny import CannyStages, canny, canny_stages
from .filters.edges.gradient import Gradient, gradient
from .filters.edges.linking import link
from .filters.edges.methods import edge_stages
from .filters.edges.opencv import canny_opencv
from .filters.edges.stages import EdgeStages
from .filters.edges.steering import gaussian_derivative, steered, steered_second
from .filters.edges.structure import structure_tensor
from .filters.edges.tensor import StructureTensor
from .filters.edges.thinning import thin
from .filters.edges.zero_crossings import zero_crossings
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
    "global_average_pool",
    "global_max_pool",
    "gradient",
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
    "prewitt",
    "read_image",
    "read_model",
    "receptive_field",
    "resolve",
    "roberts",
    "robinson",
    "scharr",
    "score_edges",
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
