"""The catalogue: every kernel by name, its numbers, its family, and what the peers call it."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from scipy import ndimage
from skimage import filters as skimage_filters

from filt.filters.catalogue import ALIASES, RECIPES, Catalogue, kernel, kernels
from filt.filters.correlation import correlate
from filt.filters.errors import InputError
from filt.filters.registry import handcrafted

FAMILIES = {
    "identity",
    "blur",
    "sharpen",
    "gradient",
    "curvature",
    "compass",
    "frei-chen",
    "line",
    "gabor",
}

# Written out once more, from the literature, as taps of a correlation.
BY_HAND = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    "sobel-x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "sobel-y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "scharr-x": [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]],
    "scharr-y": [[-3, -10, -3], [0, 0, 0], [3, 10, 3]],
    "prewitt-x": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "prewitt-y": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "central-x": [[-1, 0, 1]],
    "central-y": [[-1], [0], [1]],
    "roberts-falling": [[1, 0], [0, -1]],
    "roberts-rising": [[0, 1], [-1, 0]],
    "edge-v": [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
    "edge-h": [[1, 1, 1], [0, 0, 0], [-1, -1, -1]],
    "edge-diagonal": [[1, 0, -1], [0, 0, 0], [-1, 0, 1]],
    "laplacian4": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "laplacian8": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "kirsch-n": [[5, 5, 5], [-3, 0, -3], [-3, -3, -3]],
    "kirsch-nw": [[5, 5, -3], [5, 0, -3], [-3, -3, -3]],
    "kirsch-se": [[-3, -3, -3], [-3, 0, 5], [-3, 5, 5]],
    "robinson-n": [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
    "robinson-ne": [[0, 1, 2], [-1, 0, 1], [-2, -1, 0]],
    "line-v": [[0, 0, 0, 1, 0, 0, 0]] * 7,
    "line-h": [[0] * 7] * 3 + [[1] * 7] + [[0] * 7] * 3,
}

SUMS = {
    "identity": 1,
    "box-blur": 1,
    "gaussian-blur": 1,
    "binomial": 1,
    "motion-blur": 1,
    "sharpen": 1,
    "unsharp": 1,
    "emboss": 1,
    "frei-chen-9": 3,
    "line-v": 7,
    "line-h": 7,
    "line-falling": 7,
    "line-rising": 7,
}
"""What does not sum to zero, but for Gabor's, whose sum depends on its parameters."""

# (whose, what it computes, our name, theirs divided by ours), away from the borders and with the
# border that the function has. scikit-image divides by the sum of the smoothing taps and, for
# magnitudes, by the square root of two; its Roberts and Laplacian have the other sign, and its
# Roberts lies one pixel down and right of ours.
CONVERSIONS = [
    ("cv2.Sobel dx", lambda a: cv2.Sobel(a, cv2.CV_64F, 1, 0), "sobel-x", 1),
    ("cv2.Sobel dy", lambda a: cv2.Sobel(a, cv2.CV_64F, 0, 1), "sobel-y", 1),
    ("cv2.Sobel 5 dx", lambda a: cv2.Sobel(a, cv2.CV_64F, 1, 0, ksize=5), "sobel5-x", 1),
    ("cv2.Sobel 5 dy", lambda a: cv2.Sobel(a, cv2.CV_64F, 0, 1, ksize=5), "sobel5-y", 1),
    ("cv2.Sobel 1 dx", lambda a: cv2.Sobel(a, cv2.CV_64F, 1, 0, ksize=1), "central-x", 1),
    ("cv2.Scharr dx", lambda a: cv2.Scharr(a, cv2.CV_64F, 1, 0), "scharr-x", 1),
    ("cv2.Scharr dy", lambda a: cv2.Scharr(a, cv2.CV_64F, 0, 1), "scharr-y", 1),
    ("cv2.Laplacian 1", lambda a: cv2.Laplacian(a, cv2.CV_64F, ksize=1), "laplacian4", 1),
    ("cv2.blur", lambda a: cv2.blur(a, (5, 5)), "box-blur:size=5", 1),
    ("ndimage.sobel 1", lambda a: ndimage.sobel(a, 1, mode="mirror"), "sobel-x", 1),
    ("ndimage.sobel 0", lambda a: ndimage.sobel(a, 0, mode="mirror"), "sobel-y", 1),
    ("ndimage.prewitt 1", lambda a: ndimage.prewitt(a, 1, mode="mirror"), "prewitt-x", 1),
    ("ndimage.laplace", lambda a: ndimage.laplace(a, mode="mirror"), "laplacian4", 1),
    ("ndimage.uniform", lambda a: ndimage.uniform_filter(a, 4, mode="mirror"), "box:size=4", 1),
    ("skimage.sobel_v", skimage_filters.sobel_v, "sobel-x", 1 / 4),
    ("skimage.sobel_h", skimage_filters.sobel_h, "sobel-y", 1 / 4),
    ("skimage.scharr_v", skimage_filters.scharr_v, "scharr-x", 1 / 16),
    ("skimage.scharr_h", skimage_filters.scharr_h, "scharr-y", 1 / 16),
    ("skimage.prewitt_v", skimage_filters.prewitt_v, "prewitt-x", 1 / 3),
    ("skimage.prewitt_h", skimage_filters.prewitt_h, "prewitt-y", 1 / 3),
    ("skimage.laplace", skimage_filters.laplace, "laplacian4", -1),
    (
        "skimage.roberts_pos_diag",
        lambda a: np.roll(skimage_filters.roberts_pos_diag(a), (1, 1), (0, 1)),
        "roberts-falling",
        -1,
    ),
    (
        "skimage.roberts_neg_diag",
        lambda a: np.roll(skimage_filters.roberts_neg_diag(a), (1, 1), (0, 1)),
        "roberts-rising",
        -1,
    ),
    ("skimage.sobel", skimage_filters.sobel, "sobel", 1 / 4 / math.sqrt(2)),
    ("skimage.scharr", skimage_filters.scharr, "scharr", 1 / 16 / math.sqrt(2)),
    ("skimage.prewitt", skimage_filters.prewitt, "prewitt", 1 / 3 / math.sqrt(2)),
    (
        "skimage.roberts",
        lambda a: np.roll(skimage_filters.roberts(a), (1, 1), (0, 1)),
        "roberts",
        1 / math.sqrt(2),
    ),
]


@pytest.mark.parametrize(
    ("theirs", "name", "scale"),
    [row[1:] for row in CONVERSIONS],
    ids=[row[0] for row in CONVERSIONS],
)
def test_the_conversion_table(theirs, name, scale):
    image = np.random.default_rng(0).random((15, 14))
    away = np.s_[3:-3, 3:-3]
    ours = handcrafted(name).respond(image)
    np.testing.assert_allclose(theirs(image)[away], scale * ours[away], rtol=0, atol=1e-12)


def test_one_step_through_everyones_sobel():
    """One 0→200 step: OpenCV, SciPy and filt 800, scikit-image 0.784 (magnitude 0.555)."""
    step = np.array([[0, 0, 200, 200]] * 5, np.uint8)
    assert correlate(step, "sobel-x").max() == 800
    assert handcrafted("sobel").respond(step).max() == 800
    assert cv2.Sobel(step, cv2.CV_64F, 1, 0).max() == 800
    assert ndimage.sobel(step.astype(float), axis=1).max() == 800
    assert skimage_filters.sobel_v(step).max() == pytest.approx(800 / 255 / 4)
    assert skimage_filters.sobel(step).max() == pytest.approx(800 / 255 / 4 / math.sqrt(2))


class TestWorkedExamples:
    @pytest.mark.parametrize(
        ("name", "total"),
        [
            ("identity", 1),
            ("edge-diagonal", 0),
            ("laplacian4", 0),
            ("laplacian8", 0),
            ("sharpen", 1),
            ("box-blur", 1),
        ],
    )
    def test_note_e_kernels(self, name, total):
        """E's kernels: sums 1, 0, 0, 0, 1, 1; all 180°-symmetric."""
        made = kernels[name]
        assert made.sum == pytest.approx(total)
        assert "point-symmetric" in made.symmetry
        assert made.turned.taps.tolist() == made.taps.tolist()

    def test_note_c_columns_have_the_opposite_sign_of_sobel_x(self):
        """Bright-left step: C's [1,0,−1] columns are positive for bright→dark: edge-v."""
        assert kernels["edge-v"].taps.tolist() == [[1, 0, -1]] * 3
        falling = np.array([[10.0, 10, 0, 0]] * 3)
        assert correlate(falling, "edge-v").max() == 30
        assert correlate(falling, "sobel-x").max() == 0

    def test_the_line_filters(self):
        """7×7 line filters: line-v, line-h."""
        assert np.argwhere(kernels["line-v"].taps).tolist() == [[n, 3] for n in range(7)]
        assert np.argwhere(kernels["line-h"].taps).tolist() == [[3, n] for n in range(7)]

    def test_sobel_and_scharr_are_the_weights_of_the_notes(self):
        """Sobel X/Y, Scharr: step responses are 4 and 16 times the step."""
        assert kernels["sobel-x"].positive_sum == kernels["sobel-y"].positive_sum == 4
        assert kernels["scharr-x"].positive_sum == kernels["scharr-y"].positive_sum == 16


@pytest.mark.parametrize(("name", "rows"), list(BY_HAND.items()))
def test_kernels_written_out_by_hand(name, rows):
    assert kernels[name].taps.tolist() == rows


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_kernel_says_what_it_is(name):
    made = kernels[name]
    assert made.name == name
    assert made.family in FAMILIES
    assert made.meaning
    assert made.meaning == made.meaning.strip()
    assert not made.meaning.endswith(".")
    assert made.facts
    assert name in str(made)


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "gabor"])
def test_every_sum_is_the_expected_one(name):
    assert kernels[name].sum == pytest.approx(SUMS.get(name, 0), abs=1e-12)


@pytest.mark.parametrize("family", ["gradient", "curvature", "compass"])
def test_edge_families_are_blind_to_brightness(family):
    members = [made for made in kernels.values() if made.family == family]
    assert members
    assert all(made.is_zero_sum for made in members)


@pytest.mark.parametrize(("short", "name"), list(ALIASES.items()))
def test_aliases_stand_for_kernels(short, name):
    assert short not in RECIPES
    assert kernel(short) == kernels[name]
    assert kernel(short).name == name


def test_names_are_written_in_one_way():
    for name in (*RECIPES, *ALIASES):
        assert name == name.lower()
        assert not set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789-")


class TestParameters:
    @pytest.mark.parametrize("name", [name for name in RECIPES if RECIPES[name].parameters])
    def test_the_defaults_given_are_the_kernel_itself(self, name):
        made = kernel(name, **RECIPES[name].parameters)
        assert made.taps.tolist() == kernels[name].taps.tolist()
        assert made.name.startswith(f"{name}:")

    def test_in_the_name_or_as_keywords(self):
        assert kernel("gaussian-blur:sigma=2") == kernel("gaussian-blur", sigma=2)
        assert kernel("Gaussian-Blur: sigma = 2 ") == kernel("gaussian-blur", sigma=2)
        assert kernel("unsharp:sigma=2", amount=3) == kernel("unsharp:amount=3,sigma=2")

    def test_not_twice(self):
        with pytest.raises(InputError, match="sigma is given twice"):
            kernel("gaussian:sigma=1", sigma=2)
        with pytest.raises(InputError, match="sigma is given twice"):
            kernel("gaussian:sigma=1,sigma=2")

    @pytest.mark.parametrize(
        "made",
        [
            kernel("gaussian", sigma=1 / 3),
            kernel("unsharp", sigma=math.pi, amount=-0.1),
            kernel("box", size=7),
            kernel("gabor", theta=1e-7, wavelength=20 / 3),
        ],
        ids=lambda made: made.name,
    )
    def test_the_name_of_a_kernel_makes_it_again(self, made):
        again = kernel(made.name)
        assert again.name == made.name
        assert again.taps.tolist() == made.taps.tolist()

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("gaussian:sigma=0", "sigma must be greater than 0"),
            ("gaussian:sigma=-1", "sigma must be greater than 0"),
            ("gaussian:sigma=nan", "sigma must be finite"),
            ("gaussian:sigma=inf", "sigma must be finite"),
            ("gaussian:sigma=1e9", "sigma is too large"),
            ("gaussian:sigma=1e308", "sigma is too large"),
            ("gaussian:sigma=two", "sigma must be a number, got 'two'"),
            ("gaussian-x:sigma=0.1", "sigma must be larger"),
            ("gaussian-xx:sigma=1e308", "sigma is too large"),
            ("log:sigma=0", "sigma must be greater than 0"),
            ("dog:ratio=1", "ratio must be greater than 1"),
            ("dog:sigma=1e4", "sigma is too large"),
            ("dog:ratio=1e308", "too large"),
            ("box:size=0", "size must be at least 1"),
            ("box:size=2.5", "size must be a whole number, got '2.5'"),
            ("box:size=1e9", "size is too large"),
            ("box:size=inf", "size must be a whole number"),
            ("binomial:size=58", "size must be at most 57"),
            ("binomial:size=0", "size must be at least 1"),
            ("motion-blur:length=0", "length must be at least 1"),
            ("motion-blur:length=100000", "length is too large"),
            ("motion-blur:angle=nan", "angle must be finite"),
            ("unsharp:amount=inf", "amount must be finite"),
            ("gabor:wavelength=1.9", "wavelength must be at least 2"),
            ("gabor:gamma=0.05", "gamma must be between 0.1 and 10"),
            ("gabor:gamma=11", "gamma must be between 0.1 and 10"),
            ("gabor:sigma=1e308", "sigma is too large"),
            ("gabor:sigma=400,gamma=0.1", "sigma is too large"),
            ("gabor:theta=nan", "theta must be finite"),
            ("sobel-x:size=5", "sobel-x has no parameter 'size': it has no parameters"),
            ("gaussian:size=5", "gaussian-blur has no parameter 'size': its parameters are sigma"),
            ("gaussian:sigma", "key=value"),
            ("gaussian:", "key=value"),
            ("gaussian:sigma=", "key=value"),
            (":sigma=1", "name is missing"),
            ("", "name is missing"),
        ],
    )
    def test_bounds(self, name, words):
        with pytest.raises(InputError, match=words) as caught:
            kernel(name)
        assert len(str(caught.value)) < 200

    def test_the_largest_kernel_is_2049_on_a_side(self):
        assert kernel("box:size=2049").shape == (2049, 2049)
        with pytest.raises(InputError, match="size is too large"):
            kernel("box:size=2050")

    @pytest.mark.parametrize("value", [None, [1], 1j])
    def test_a_parameter_is_a_number(self, value):
        with pytest.raises((TypeError, InputError), match="sigma must be a number"):
            kernel("gaussian", sigma=value)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "hint"), [("sobl-x", "sobel-x"), ("laplace", "laplacian"), ("sobel", "sobel-x")]
    )
    def test_an_unknown_name_is_told_the_nearest(self, name, hint):
        with pytest.raises(
            InputError, match=f"no kernel is called {name!r}: did you mean .*{hint}"
        ):
            kernel(name)

    def test_a_name_near_nothing(self):
        with pytest.raises(InputError, match="no kernel is called 'qqqq'"):
            kernel("qqqq")

    @pytest.mark.parametrize("name", [None, 3, b"sobel-x"])
    def test_a_name_is_text(self, name):
        with pytest.raises(TypeError, match="name must be text"):
            kernel(name)


class TestMapping:
    def test_it_reads_like_a_dict(self):
        assert len(kernels) == len(RECIPES) == len(list(kernels))
        assert dict(kernels)["sobel-x"] == kernel("sobel-x")
        assert [made.name for made in kernels.values()] == list(RECIPES)
        assert kernels.get("sobel-z") is None

    def test_aliases_and_parameters_can_be_looked_up(self):
        assert kernels["laplacian"].name == "laplacian4"
        assert kernels["gaussian:sigma=2"] == kernel("gaussian", sigma=2)

    def test_an_unknown_name_is_a_key_error(self):
        with pytest.raises(KeyError, match="did you mean"):
            kernels["sobl-x"]
        assert "sobl-x" not in kernels

    def test_what_is_no_name_is_not_in_it(self):
        assert 3 not in kernels
        assert None not in kernels

    def test_it_cannot_be_changed(self):
        with pytest.raises(TypeError):
            kernels["mine"] = kernels["sobel-x"]
        with pytest.raises(TypeError):
            RECIPES["mine"] = RECIPES["sobel-x"]

    def test_repr_names_them(self):
        assert repr(Catalogue()).startswith(f"<Catalogue of {len(RECIPES)} kernels: identity, ")
