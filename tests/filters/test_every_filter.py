"""Every filter of the registry by name against plain loops: borders, layouts, dtypes, threads."""

from __future__ import annotations

import numpy as np
import pytest
from edge_oracles import link_by_labels, thin_by_loops
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import assert_close, convolve_by_definition, correlate_by_definition
from scipy import ndimage

import filt
from filt.filters.borders import BORDERS
from filt.filters.edges.methods import METHODS
from filt.filters.engine.threads import set_threads
from filt.filters.errors import InputError
from filt.filters.filter import Filter
from filt.filters.placement import Placement
from filt.filters.registry import FILTERS, handcrafted
from filt.filters.sizes import MODES

OF_KERNELS = [name for name in FILTERS if isinstance(handcrafted(name), Filter)]
EDGES = [name for name in FILTERS if name not in OF_KERNELS]
LUMA = np.array([0.299, 0.587, 0.114])
WORK = 60_000
"""Products that one example of a property may cost in plain Python."""

SCIPY = {
    "reflect101": "mirror",
    "symmetric": "reflect",
    "replicate": "nearest",
    "wrap": "wrap",
    "zero": "constant",
}


def by_definition(name, image, operation="correlate", channels=None, **layout):
    """The filter's response in float64, by loops over pixels and taps, and the taps' magnitudes."""
    made = handcrafted(name)
    by_loops = {"correlate": correlate_by_definition, "convolve": convolve_by_definition}
    seen = np.asarray(image, np.float64)
    channels = channels or made.channels
    if seen.ndim == 3 and channels == "luma":
        seen = seen @ LUMA
    taps = framed([kernel.taps for kernel in made.kernels])
    responses = [by_loops[operation](seen, each, **layout) for each in taps]
    response = {
        "only": lambda: responses[0],
        "magnitude": lambda: np.sqrt(sum(one**2 for one in responses)),
        "largest": lambda: np.max(responses, axis=0),
    }[made.combination]()
    if response.ndim == 3 and channels == "max":
        chosen = np.abs(response).argmax(axis=2)[..., None]
        response = np.take_along_axis(response, chosen, 2)[..., 0]
    return response, np.max([np.abs(each) for each in taps], axis=0)


def framed(kernels):
    """Kernels of unequal sizes with zeros around them, so that their middles meet."""
    height, width = np.max([taps.shape for taps in kernels], axis=0)
    frames = []
    for taps in kernels:
        down, right = (height - taps.shape[0]) // 2, (width - taps.shape[1]) // 2
        frames.append(np.zeros((height, width)))
        frames[-1][down : down + taps.shape[0], right : right + taps.shape[1]] = taps
    return frames


def pixels(shape, dtype="u1", seed=0):
    generator = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return generator.normal(size=shape).astype(dtype)
    if np.dtype(dtype).kind == "b":
        return generator.random(shape) < 0.5
    limits = np.iinfo(dtype)
    low, high = max(limits.min, -(2**40)), min(limits.max, 2**40)
    return generator.integers(low, high, shape, endpoint=True).astype(dtype)


class TestOfKernels:
    @pytest.mark.parametrize("border", BORDERS)
    @pytest.mark.parametrize("name", OF_KERNELS)
    def test_every_border_in_grey_and_colour_correlated_and_convolved(self, name, border):
        for shape in ((9, 7), (6, 8, 3)):
            image = pixels(shape)
            for operation in ("correlate", "convolve"):
                expected, taps = by_definition(name, image, operation, border=border)
                found = handcrafted(name).respond(
                    image, operation=operation, placement=Placement(border=border)
                )
                assert found.dtype == np.float32
                assert_close(found, expected, image, taps)

    @pytest.mark.parametrize("channels", ["luma", "each", "max"])
    @pytest.mark.parametrize("name", ["sobel", "kirsch", "gaussian-blur", "roberts", "central"])
    def test_whatever_is_seen_of_the_colours(self, name, channels):
        image = pixels((11, 9, 3), "f8")
        expected, taps = by_definition(name, image, channels=channels)
        assert_close(handcrafted(name).respond(image, channels=channels), expected, image, taps)

    @settings(max_examples=150, deadline=None)
    @given(data=st.data())
    def test_any_shape_dtype_byte_order_and_layout_in_memory(self, data):
        name = data.draw(st.sampled_from(OF_KERNELS), "filter")
        made = handcrafted(name)
        count = sum(kernel.taps.size for kernel in made.kernels)
        height = data.draw(st.integers(1, 50), "height")
        width = data.draw(st.integers(1, max(1, min(50, WORK // (3 * height * count)))), "width")
        colours = data.draw(st.sampled_from([(), (3,)]), "colours")
        dtype = data.draw(st.sampled_from(DTYPES), "dtype")
        order = data.draw(st.sampled_from("<>"), "byte order")
        memory = data.draw(st.sampled_from(list(MEMORY)), "memory")
        operation = data.draw(st.sampled_from(["correlate", "convolve"]), "operation")
        layout = {
            "mode": data.draw(st.sampled_from(list(MODES)), "mode"),
            "border": data.draw(st.sampled_from(list(BORDERS)), "border"),
            "stride": data.draw(st.tuples(*[st.integers(1, 3)] * 2), "stride"),
            "dilation": data.draw(st.tuples(*[st.integers(1, 2)] * 2), "dilation"),
        }
        plain = pixels((height, width, *colours), dtype, data.draw(st.integers(0, 9), "seed"))
        image = MEMORY[memory](plain.astype(plain.dtype.newbyteorder(order)))
        np.testing.assert_array_equal(image, plain)
        sizes = np.max([kernel.shape for kernel in made.kernels], axis=0)
        reach = [(side - 1) * gap + 1 for side, gap in zip(sizes, layout["dilation"], strict=True)]
        placement = Placement(**layout)
        if layout["mode"] == "valid" and (reach[0] > height or reach[1] > width):
            with pytest.raises(InputError, match="does not fit"):
                made.respond(image, operation=operation, placement=placement)
            return
        found = made.respond(image, operation=operation, placement=placement)
        expected, taps = by_definition(name, plain, operation, **layout)
        assert found.dtype == (np.float32 if plain.dtype.itemsize < 4 or dtype == "f4" else "f8")
        assert_close(found, expected, plain, taps)
        np.testing.assert_array_equal(image, plain)

    @settings(max_examples=100, deadline=None)
    @given(data=st.data())
    def test_nan_infinity_and_denormals(self, data):
        """Each reaches the pixels that see it under a tap, and no other."""
        single = [name for name in OF_KERNELS if len(handcrafted(name).kernels) == 1]
        name = data.draw(st.sampled_from([name for name in single if name != "gabor"]), "filter")
        dtype = data.draw(st.sampled_from(["f4", "f8"]), "dtype")
        shape = data.draw(st.tuples(st.integers(1, 14), st.integers(1, 14)), "shape")
        border = data.draw(st.sampled_from(list(BORDERS)), "border")
        image = pixels(shape, dtype)
        odd = [np.nan, np.inf, -np.inf, 0.0, -0.0, np.finfo(dtype).smallest_subnormal]
        for value in data.draw(st.lists(st.sampled_from(odd), max_size=5), "values"):
            place = tuple(data.draw(st.integers(0, side - 1)) for side in shape)
            image[place] = value
        expected, taps = by_definition(name, image, channels="each", border=border)
        found = handcrafted(name).respond(image, placement=Placement(border=border))
        assert_close(found, expected, image, taps)
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))


class TestShapes:
    @pytest.mark.parametrize("name", ["sobel", "box-blur", "roberts", "motion-blur", "central-y"])
    def test_every_side_from_1_to_50(self, name):
        for side in range(1, 51):
            for shape in ((side, 1), (1, side), (side, 51 - side)):
                image = pixels(shape, seed=side)
                expected, taps = by_definition(name, image)
                assert_close(handcrafted(name).respond(image), expected, image, taps)

    @pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (0, 5, 3), (5, 5, 0)])
    @pytest.mark.parametrize("name", FILTERS)
    def test_nothing_at_all_is_refused(self, name, shape):
        with pytest.raises(InputError, match="image"):
            handcrafted(name).respond(np.zeros(shape))


DTYPES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]


def misaligned(array):
    """The same pixels at an odd place in memory."""
    room = np.zeros(array.nbytes + 1, np.uint8)
    view = room[1:].view(array.dtype).reshape(array.shape)
    view[...] = array
    return view


def every_other(array):
    """The same pixels with others between them."""
    wide = np.ones((2 * array.shape[0], 3 * array.shape[1], *array.shape[2:]), array.dtype)
    wide[::2, ::3] = array
    return wide[::2, ::3]


def planes_apart(array):
    """The same pixels with the channels as the slowest axis, as CHW frameworks keep them."""
    axes = (2, 0, 1) if array.ndim == 3 else (1, 0)
    back = (1, 2, 0) if array.ndim == 3 else (1, 0)
    return np.ascontiguousarray(array.transpose(axes)).transpose(back)


def read_only(array):
    array.setflags(write=False)
    return array


MEMORY = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "upside down": lambda array: np.ascontiguousarray(array[::-1])[::-1],
    "mirrored": lambda array: np.ascontiguousarray(array[:, ::-1])[:, ::-1],
    "every other": every_other,
    "planes apart": planes_apart,
    "misaligned": misaligned,
    "read only": read_only,
}


class TestEdges:
    """Canny and Di Zenzo as they are written down, with SciPy's borders."""

    @pytest.mark.parametrize("border", BORDERS)
    @pytest.mark.parametrize("seen", ["grey", "colour"])
    def test_canny(self, border, seen):
        image = self.picture()
        image = image[..., 0] if seen == "grey" else image
        grey = image if seen == "grey" else image @ LUMA
        x, y = self.slopes(grey, METHODS["canny"].sigma, border)
        found = handcrafted("canny").respond(image, placement=Placement(border=border))
        self.same(found, x, y, np.hypot(x, y), METHODS["canny"])

    @pytest.mark.parametrize("border", BORDERS)
    @pytest.mark.parametrize("space", ["rgb", "lab"])
    def test_di_zenzo(self, border, space):
        from skimage.color import rgb2lab

        image = self.picture()
        planes = rgb2lab(image) / 100 if space == "lab" else image
        method = METHODS["di-zenzo"]
        slopes = [self.slopes(planes[..., n], method.sigma, border) for n in range(3)]
        x, y = (np.stack(each, axis=2) for each in zip(*slopes, strict=True))
        products = [(a * b).sum(axis=2) for a, b in ((x, x), (x, y), (x, y), (y, y))]
        tensor = np.stack(products, axis=2).reshape(*image.shape[:2], 2, 2)
        values, vectors = np.linalg.eigh(tensor / (3 if space == "rgb" else 1))
        length = np.sqrt(values[..., 1])
        along = vectors[..., 1] * length[..., None]
        seen_x, seen_y = (x[..., 0], y[..., 0]) if space == "lab" else (x.sum(2), y.sum(2))
        sign = np.where(along[..., 0] * seen_x + along[..., 1] * seen_y < 0, -1, 1)
        found = handcrafted(f"di-zenzo:space={space}").respond(
            image, placement=Placement(border=border)
        )
        self.same(found, along[..., 0] * sign, along[..., 1] * sign, length, method)

    def picture(self):
        """Blots of colour, nowhere alike, and steep enough for edges."""
        noise = np.random.default_rng(4).random((22, 27, 3))
        blots = ndimage.gaussian_filter(noise, (1.5, 1.5, 0), mode="nearest")
        return np.clip((blots - 0.5) * 4 + 0.5, 0, 1)

    def slopes(self, plane, sigma, border):
        mode = SCIPY[border]
        smooth = ndimage.gaussian_filter(plane, sigma, mode=mode, truncate=4)
        return tuple(ndimage.sobel(smooth, axis=axis, mode=mode) for axis in (1, 0))

    def same(self, found, x, y, magnitude, method):
        crests = thin_by_loops(x, y, magnitude / 4, "interpolated", 1e-9)
        edges = link_by_labels(crests, method.low, method.high)
        assert 20 < edges.sum() < 400
        np.testing.assert_array_equal(found, edges)


def as_picture(image, name):
    return filt.resolve(name).apply(filt.Picture(image, 255.0, image.dtype)).pixels


PUBLIC = {
    "correlate": lambda image: filt.correlate(image, "gaussian-x"),
    "convolve": lambda image: filt.convolve(image, np.arange(12.0).reshape(3, 4)),
    "correlate a large kernel": lambda image: filt.correlate(image, "gabor"),
    "box_blur": lambda image: filt.box_blur(image, 7),
    "gaussian_blur": lambda image: filt.gaussian_blur(image, 2.5),
    "binomial_blur": lambda image: filt.binomial_blur(image, 5),
    "motion_blur": lambda image: filt.motion_blur(image, 9, 30),
    "sharpen": filt.sharpen,
    "unsharp_mask": filt.unsharp_mask,
    "emboss": filt.emboss,
    "sobel": filt.sobel,
    "scharr": filt.scharr,
    "prewitt": filt.prewitt,
    "roberts": filt.roberts,
    "kirsch": filt.kirsch,
    "robinson": filt.robinson,
    "gaussian_gradient": lambda image: filt.gaussian_gradient(image, 1.5),
    "laplacian": filt.laplacian,
    "laplacian_of_gaussian": filt.laplacian_of_gaussian,
    "difference_of_gaussians": filt.difference_of_gaussians,
    "luma": filt.luma,
    "gradient": lambda image: np.stack([filt.gradient(image).x, filt.gradient(image).y]),
    "canny": filt.canny,
    "canny stages": lambda image: filt.canny_stages(image).magnitude,
    "gaussian_derivative": lambda image: filt.gaussian_derivative(image, 2.0, 1, 1),
    "structure_tensor": lambda image: filt.structure_tensor(image).coherence,
    "zero_crossings": lambda image: filt.zero_crossings(filt.luma(image)),
    "correlate_bank": lambda image: filt.correlate_bank(
        image, pixels((5, 5, 1 if np.ndim(image) == 2 else 3, 7), "f4")
    ),
    "max_pool": lambda image: filt.max_pool(image, 3),
    "average_pool": lambda image: filt.average_pool(image, 3),
    "pipeline": lambda image: as_picture(image, "gaussian:sigma=2+sobel+box"),
    **{
        f"edges by {name}": lambda image, name=name: filt.edge_stages(image, name).soft
        for name in METHODS
    },
}


class TestThreads:
    """The same bits from 1 to 8 threads, and twice over, through what everybody calls."""

    @pytest.fixture(autouse=True)
    def _many_strips(self, monkeypatch):
        monkeypatch.setattr("filt.filters.engine.rows.strip_height", lambda rows: 7)
        yield
        set_threads(None)

    @pytest.mark.parametrize("shape", [(90, 31), (64, 45, 3)], ids=["grey", "colour"])
    @pytest.mark.parametrize("name", PUBLIC)
    def test_public_functions(self, name, shape):
        image = pixels(shape)
        self.alike(lambda: PUBLIC[name](image))

    @pytest.mark.parametrize("name", FILTERS)
    def test_filters_by_name(self, name):
        image = pixels((61, 33, 3), "f4")
        self.alike(lambda: handcrafted(name).respond(image))

    def alike(self, call):
        results = set()
        for threads in (*range(1, 9), 8, 1):
            set_threads(threads)
            results.add(np.ascontiguousarray(call()).tobytes())
        assert len(results) == 1
