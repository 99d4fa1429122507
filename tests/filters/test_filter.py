"""Filters, the registry that names them, and pipelines of them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from oracles import correlate_by_definition

from filt.filters.borders import BORDERS
from filt.filters.catalogue import ALIASES, RECIPES, kernel, kernels
from filt.filters.combination import COMBINATIONS, magnitude
from filt.filters.correlation import convolve, correlate
from filt.filters.errors import InputError
from filt.filters.filter import Filter
from filt.filters.kernel import Kernel
from filt.filters.picture import Picture
from filt.filters.pipeline import Pipeline
from filt.filters.placement import Placement
from filt.filters.registry import FILTERS, canonical, handcrafted

OF_KERNELS = [name for name in FILTERS if isinstance(handcrafted(name), Filter)]
COMPOUND = [name for name in OF_KERNELS if len(handcrafted(name).kernels) > 1]
EDGES = [name for name in OF_KERNELS if handcrafted(name).is_edge]
EIGHT_BITS = np.dtype(np.uint8)


def numbers(*shape):
    return np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)


def picture(pixels, alpha=None, full_scale=255.0):
    alpha = None if alpha is None else np.asarray(alpha, np.float32)
    return Picture(np.asarray(pixels), full_scale, EIGHT_BITS, alpha)


class TestRegistry:
    def test_every_kernel_is_a_filter(self):
        assert RECIPES.keys() <= FILTERS.keys()

    @pytest.mark.parametrize("name", list(FILTERS))
    def test_every_filter_says_what_it_is(self, name):
        made = handcrafted(name)
        assert made.name == name
        assert made.family
        assert made.meaning
        assert made.channels in ("luma", "each", "tensor")
        assert made.show in ("abs", "clip", "minmax")
        assert bool(made.composition) == (len(made.kernels) != 1)

    @pytest.mark.parametrize("name", list(RECIPES))
    def test_a_kernels_filter_is_the_kernel(self, name):
        assert handcrafted(name).kernels == (kernels[name],)

    @pytest.mark.parametrize("name", COMPOUND)
    def test_the_parts_of_a_compound_filter_take_the_same_parameters(self, name):
        recipe = FILTERS[name]
        assert all(RECIPES[part].parameters == recipe.parameters for part in recipe.kernels)
        assert recipe.combination in COMBINATIONS
        assert all(part.name in handcrafted(name).composition for part in handcrafted(name).kernels)

    @pytest.mark.parametrize(("short", "name"), list(ALIASES.items()))
    def test_aliases(self, short, name):
        assert canonical(short) == name
        assert handcrafted(short) == handcrafted(name)

    def test_parameters_go_to_every_kernel_and_into_the_name(self):
        made = handcrafted("gaussian-gradient:sigma=2")
        assert made.name == "gaussian-gradient:sigma=2"
        assert [part.name for part in made.kernels] == ["gaussian-x:sigma=2", "gaussian-y:sigma=2"]
        assert made == handcrafted("gaussian-gradient", sigma=2)

    @pytest.mark.parametrize("name", [*FILTERS, "gaussian:sigma=0.3", "gabor:theta=30,phase=90"])
    def test_a_name_makes_the_filter_again(self, name):
        made = handcrafted(name)
        assert handcrafted(made.name) == made

    def test_an_unknown_name_is_told_the_nearest(self):
        with pytest.raises(InputError, match=r"no filter is called 'sobl': did you mean .*sobel"):
            handcrafted("sobl")

    def test_a_parameter_is_not_given_twice(self):
        with pytest.raises(InputError, match="sigma is given twice"):
            handcrafted("gaussian:sigma=1", sigma=2)

    def test_parameters_are_checked(self):
        with pytest.raises(InputError, match="sobel has no parameter 'sigma'"):
            handcrafted("sobel:sigma=2")
        with pytest.raises(InputError, match="sigma must be greater than 0"):
            handcrafted("gaussian-gradient:sigma=0")

    @pytest.mark.parametrize("name", [None, 3])
    def test_a_name_is_text(self, name):
        with pytest.raises(TypeError, match="text"):
            handcrafted(name)


class TestDefaults:
    def test_edges_see_luma_and_show_their_magnitude(self):
        for name in EDGES:
            assert handcrafted(name).channels == "luma"
            assert handcrafted(name).show == "abs"

    @pytest.mark.parametrize("name", ["gaussian-blur", "box-blur", "sharpen", "unsharp", "emboss"])
    def test_blurs_and_sharpening_see_each_channel_and_clip(self, name):
        made = handcrafted(name)
        assert (made.channels, made.show, made.is_edge) == ("each", "clip", False)

    def test_what_changes_the_brightness_is_stretched(self):
        assert handcrafted("line-v").show == "minmax"

    def test_a_kernel_over_colours_sees_them(self):
        taps = np.zeros((1, 1, 3))
        taps[0, 0] = 1, -1, 0
        made = Filter("red-green", (Kernel(taps),))
        assert made.is_edge
        assert made.channels == "each"

    @pytest.mark.parametrize("name", EDGES)
    def test_a_flat_picture_has_no_edges(self, name):
        flat = np.full((40, 41, 3), 200, np.uint8)
        assert np.abs(handcrafted(name).respond(flat)).max() < 1e-3


class TestRespond:
    @pytest.mark.parametrize("name", list(RECIPES))
    def test_one_kernel_responds_as_its_correlation(self, name):
        image = numbers(30, 28)
        made = handcrafted(name)
        assert made.respond(image).tolist() == correlate(image, name).tolist()
        turned = made.respond(image, operation="convolve")
        assert turned.tolist() == convolve(image, name).tolist()

    @pytest.mark.parametrize("name", [n for n in COMPOUND if FILTERS[n].combination == "magnitude"])
    def test_a_magnitude_is_the_length_of_its_two_responses(self, name):
        image = numbers(20, 21)
        x, y = (correlate(image, part).astype(float) for part in handcrafted(name).kernels)
        np.testing.assert_allclose(
            handcrafted(name).respond(image), np.sqrt(x**2 + y**2), rtol=1e-5
        )

    @pytest.mark.parametrize("name", ["kirsch", "robinson"])
    def test_a_compass_gives_its_strongest_direction(self, name):
        image = numbers(20, 21)
        responses = [correlate(image, part) for part in handcrafted(name).kernels]
        assert len(responses) == 8
        assert handcrafted(name).respond(image).tolist() == np.max(responses, axis=0).tolist()

    def test_a_full_step_through_each_magnitude(self):
        """Sobel X/Y and combination: the step 0→255 gives 1020, in any direction of the axes."""
        step = np.array([[0, 0, 255, 255]] * 4, np.uint8)
        for name, height in {"sobel": 1020, "scharr": 4080, "prewitt": 765, "central": 255}.items():
            for turned in range(4):
                response = handcrafted(name).respond(np.rot90(step, turned))
                assert response.max() == height

    @pytest.mark.parametrize("name", ["sobel", "scharr", "central", "sobel5", "frei-chen"])
    @pytest.mark.parametrize("mode", ["same", "valid", "full", "keras-same"])
    @pytest.mark.parametrize("stride", [1, 2, 3])
    def test_every_layout_reaches_every_kernel(self, name, mode, stride):
        image = numbers(12, 13)
        made = handcrafted(name)
        # Kernels of different shapes answer at the same places: as if framed alike by zeros.
        shapes = np.array([part.shape for part in made.kernels]).max(axis=0)
        frames = [
            np.pad(
                part.taps, [((m - n) // 2,) * 2 for m, n in zip(shapes, part.shape, strict=True)]
            )
            for part in made.kernels
        ]
        layout = {"mode": mode, "border": "zero", "stride": stride}
        x, y = (correlate_by_definition(image, taps, **layout) for taps in frames)
        found = made.respond(image, placement=Placement(**layout))
        assert found.shape == x.shape
        np.testing.assert_allclose(found, np.hypot(x, y), rtol=1e-5, atol=1e-3)

    @pytest.mark.parametrize("operation", [correlate, convolve])
    def test_odd_and_even_kernels_answer_at_the_same_places(self, operation):
        image = numbers(12, 13)
        parts = (Kernel([[1, -2], [3, -5]]), kernels["sobel-x"], Kernel([[1, 4, 2, -9]]))
        expected = [operation(image, part) for part in parts]
        made = Filter("mixed", parts, "largest")
        found = made.respond(image, operation=operation.__name__)
        np.testing.assert_allclose(found, np.max(expected, axis=0), atol=1e-3)

    def test_nan_spoils_a_magnitude_only_where_it_is_seen(self):
        image = np.zeros((9, 9))
        image[4, 4] = np.nan
        expected = np.zeros((9, 9), bool)
        expected[3:6, 3:6] = True
        expected[4, 4] = False
        np.testing.assert_array_equal(np.isnan(handcrafted("sobel").respond(image)), expected)

    @pytest.mark.parametrize("name", ["sobel", "gaussian-blur", "kirsch"])
    def test_the_image_is_left_alone(self, name):
        image = numbers(9, 9, 3)
        copy = image.copy()
        image.setflags(write=False)
        for channels in ("luma", "each", "max"):
            handcrafted(name).respond(image, channels=channels)
        assert image.tolist() == copy.tolist()

    def test_unknown_words(self):
        with pytest.raises(InputError, match="operation must be correlate or convolve, got 'both'"):
            handcrafted("sobel").respond(numbers(5, 5), operation="both")
        with pytest.raises(InputError, match="channels must be one of"):
            handcrafted("sobel").respond(numbers(5, 5), channels="alpha")

    def test_magnitude_of_three(self):
        parts = [np.array([2.0]), np.array([-3.0]), np.array([6.0])]
        length = np.empty(1)
        magnitude(parts, length)
        assert length.tolist() == [7.0]


class TestUnit:
    @pytest.mark.parametrize(
        "name", ["sobel", "scharr", "prewitt", "central", "robinson", "kirsch"]
    )
    def test_a_full_step_answers_full_scale(self, name):
        step = np.array([[0, 0, 0, 255, 255, 255]] * 6, np.uint8)
        assert handcrafted(name).unit.respond(step).max() == pytest.approx(255, rel=1e-6)

    @pytest.mark.parametrize("name", [n for n in EDGES if n not in COMPOUND])
    def test_nothing_saturates(self, name):
        made = handcrafted(name).unit
        taps = made.kernels[0].taps
        best = np.where(taps > 0, 255, 0).astype(np.uint8)
        response = made.respond(best, placement=Placement("valid"))
        assert response.item() == pytest.approx(255, rel=1e-5)

    def test_a_pipeline_is_unit_in_every_step(self):
        made = Pipeline((handcrafted("line-v"), handcrafted("sobel"))).unit
        assert made.steps == (handcrafted("line-v").unit, handcrafted("sobel").unit)


class TestApply:
    def test_what_a_file_says_goes_along(self):
        source = Picture(numbers(6, 7), 1023.0, np.dtype(np.uint16))
        shown = handcrafted("sobel").apply(source)
        assert (shown.full_scale, shown.depth, shown.alpha) == (1023.0, np.uint16, None)

    @pytest.mark.parametrize("name", ["sobel", "gaussian-blur", "sharpen"])
    def test_without_alpha_it_is_the_response(self, name):
        source = picture(numbers(8, 9, 3))
        made = handcrafted(name)
        assert made.apply(source).pixels.tolist() == made.respond(source.pixels).tolist()

    @pytest.mark.parametrize("name", ["sobel", "gaussian-blur", "sharpen", "kirsch"])
    def test_full_opacity_changes_nothing(self, name):
        made = handcrafted(name)
        opaque = made.apply(picture(numbers(8, 9, 3), np.ones((8, 9))))
        plain = made.apply(picture(numbers(8, 9, 3)))
        np.testing.assert_allclose(opaque.pixels, plain.pixels, atol=1e-3)
        np.testing.assert_allclose(opaque.alpha, 1.0, atol=1e-6)

    def test_the_source_is_left_alone(self):
        pixels, alpha = numbers(8, 9, 3), np.random.default_rng(0).random((8, 9), np.float32)
        source = picture(pixels.copy(), alpha.copy())
        for name in ("sobel", "gaussian-blur"):
            handcrafted(name).apply(source)
        assert source.pixels.tolist() == pixels.tolist()
        assert source.alpha.tolist() == alpha.tolist()


class TestAlphaOfEdges:
    ALPHA = np.random.default_rng(1).random((9, 10), np.float32)

    @pytest.mark.parametrize("name", ["sobel", "laplacian8", "kirsch", "central", "roberts"])
    def test_it_is_carried_and_the_colours_are_filtered_alone(self, name):
        pixels = numbers(9, 10, 3)
        found = handcrafted(name).apply(picture(pixels, self.ALPHA))
        assert found.alpha.tolist() == self.ALPHA.tolist()
        assert found.pixels.tolist() == handcrafted(name).respond(pixels).tolist()

    @pytest.mark.parametrize(
        ("placement", "kept"),
        [
            (Placement("valid"), np.s_[1:-1, 1:-1]),
            (Placement(stride=2), np.s_[::2, ::2]),
            (Placement("valid", stride=(2, 3)), np.s_[1:-1:2, 1:-1:3]),
            (Placement("valid", dilation=2), np.s_[2:-2, 2:-2]),
            (Placement(dilation=3), np.s_[:, :]),
            # 9 rows and 10 columns in steps of 2: Keras pads (1, 1) and (0, 1).
            (Placement("keras-same", stride=2), np.s_[::2, 1::2]),
        ],
        ids=["valid", "stride", "valid stride", "valid dilation", "dilation", "keras"],
    )
    def test_it_is_cropped_and_strided_as_the_response_is(self, placement, kept):
        found = handcrafted("sobel").apply(picture(numbers(9, 10), self.ALPHA), placement=placement)
        assert found.alpha.tolist() == self.ALPHA[kept].tolist()

    def test_full_extends_it_as_the_border_does(self):
        found = handcrafted("sobel").apply(
            picture(numbers(9, 10), self.ALPHA), placement=Placement("full", "replicate")
        )
        assert found.alpha.tolist() == np.pad(self.ALPHA, 1, mode="edge").tolist()

    def test_even_kernels_carry_it_in_place_too(self):
        for dilation in (1, 2, 3):
            found = handcrafted("roberts").apply(
                picture(numbers(9, 10), self.ALPHA), placement=Placement(dilation=dilation)
            )
            assert found.alpha.tolist() == self.ALPHA.tolist()

    def test_convolution_carries_it_too(self):
        found = handcrafted("sobel-x").apply(
            picture(numbers(9, 10), self.ALPHA), operation="convolve"
        )
        assert found.alpha.tolist() == self.ALPHA.tolist()


class TestAlphaOfBlurs:
    BLURS = ("gaussian-blur", "gaussian-blur:sigma=2", "box-blur:size=4", "binomial:size=5")

    @pytest.mark.parametrize("name", BLURS)
    def test_hidden_colours_do_not_bleed(self, name):
        pixels, alpha = numbers(24, 25, 3), np.zeros((24, 25))
        alpha[5:15, 8:20] = np.random.default_rng(0).random((10, 12))
        one = handcrafted(name).apply(picture(pixels, alpha))
        other = pixels.copy()
        other[alpha == 0] = 255 - other[alpha == 0]
        two = handcrafted(name).apply(picture(other, alpha))
        assert one.pixels.tolist() == two.pixels.tolist()
        assert one.alpha.tolist() == two.alpha.tolist()

    @pytest.mark.parametrize(
        "name", [*BLURS, "gaussian-blur:sigma=5", "motion-blur:length=21,angle=30", "line-falling"]
    )
    def test_a_mean_lies_between_the_colours_that_are_seen(self, name):
        pixels, alpha = numbers(64, 65, 3) // 2 + 60, np.zeros((64, 65))
        alpha[20:30, 20:33] = np.random.default_rng(0).random((10, 13))
        made = handcrafted(name)
        found = made.apply(picture(pixels, alpha))
        means = found.pixels[found.alpha > 0] / made.kernels[0].sum
        assert means.min() >= pixels[alpha > 0].min() - 0.5
        assert means.max() <= pixels[alpha > 0].max() + 0.5

    @pytest.mark.parametrize("name", ["sharpen", "unsharp", "emboss", "gabor"])
    def test_hidden_colours_do_not_sharpen_what_is_seen(self, name):
        pixels, alpha = numbers(24, 25, 3), np.zeros((24, 25))
        alpha[5:15, 8:20] = np.random.default_rng(0).random((10, 12))
        other = np.where(alpha[..., None] == 0, 255 - pixels, pixels)
        one = handcrafted(name).apply(picture(pixels, alpha))
        two = handcrafted(name).apply(picture(other, alpha))
        seen = one.alpha > 0
        assert seen.any()
        assert one.alpha.tolist() == two.alpha.tolist()
        np.testing.assert_allclose(one.pixels[seen], two.pixels[seen], rtol=0, atol=1e-2)

    def test_by_hand(self):
        """A red pixel beside a hidden green one, averaged by two: red, half transparent."""
        pixels = np.array([[[255, 0, 0], [0, 255, 0], [0, 255, 0]]], np.uint8)
        found = Filter("mean", (Kernel([[0.5, 0.5, 0.0]]),)).apply(
            picture(pixels, [[1.0, 0.0, 0.0]]), placement=Placement(border="zero")
        )
        assert found.alpha.tolist() == [[0.5, 0.5, 0.0]]
        assert found.pixels.tolist() == [[[255, 0, 0], [255, 0, 0], [0, 0, 0]]]

    def test_the_weights_are_the_opacities(self):
        """90 at a quarter and 30 at three quarters: (22.5 + 22.5) / 1 = 45."""
        found = Filter("mean", (Kernel([[0.5, 0.5]]),)).apply(
            picture(np.array([[90.0, 30.0]]), [[0.25, 0.75]]), placement=Placement("valid")
        )
        assert found.pixels.tolist() == [[45.0]]
        assert found.alpha.tolist() == [[0.5]]

    @pytest.mark.parametrize(
        "name", [*BLURS, "motion-blur", "line-v", "sharpen", "unsharp", "emboss", "frei-chen-9"]
    )
    def test_one_colour_stays_that_colour_whatever_the_opacity(self, name):
        alpha = np.zeros((24, 25))
        alpha[5:15, 8:20] = np.random.default_rng(0).random((10, 12))
        made = handcrafted(name)
        found = made.apply(picture(np.full((24, 25, 3), 200, np.uint8), alpha))
        assert found.alpha.min() >= 0
        assert found.alpha.max() <= 1
        seen = found.alpha > 1e-3
        np.testing.assert_allclose(found.pixels[seen], 200 * made.kernels[0].sum, rtol=1e-3)

    def test_opacity_is_blurred_too(self):
        alpha = np.zeros((9, 9))
        alpha[4, 4] = 1
        found = handcrafted("box-blur").apply(picture(np.full((9, 9), 7.0), alpha))
        expected = np.zeros((9, 9))
        expected[3:6, 3:6] = 1 / 9
        np.testing.assert_allclose(found.alpha, expected, atol=1e-7)

    def test_it_has_the_extent_of_the_response(self):
        source = picture(numbers(9, 10, 3), np.ones((9, 10)))
        for mode, stride in itertools.product(["same", "valid", "full", "keras-same"], [1, 2]):
            found = handcrafted("box-blur:size=4").apply(
                source, placement=Placement(mode, stride=stride)
            )
            assert found.alpha.shape == found.pixels.shape[:2]

    def test_luma_of_a_blur_is_grey_with_its_alpha(self):
        found = handcrafted("box-blur").apply(
            picture(np.full((5, 5, 3), 90, np.uint8), np.full((5, 5), 0.5)), channels="luma"
        )
        np.testing.assert_allclose(found.pixels, np.full((5, 5), 90.0), rtol=1e-5)
        np.testing.assert_allclose(found.alpha, 0.5, rtol=1e-6)

    def test_a_kernel_over_colours_takes_a_picture_with_alpha(self):
        taps = np.random.default_rng(0).normal(size=(3, 3, 3))
        source = numbers(6, 7, 3)
        made = Filter("learned", (Kernel(taps),))
        assert not made.is_edge
        found = made.apply(picture(source, np.ones((6, 7))))
        np.testing.assert_allclose(found.pixels, made.respond(source), rtol=1e-4, atol=1e-2)
        np.testing.assert_allclose(found.alpha, 1.0, atol=1e-5)

    @pytest.mark.parametrize("name", ["gabor", "gabor:phase=45", "kernel"])
    def test_a_filter_that_is_no_mean_does_not_scatter_the_opacity(self, name):
        """Taps of both signs whose sum is almost nothing: an opacity divided by it is noise."""
        made = Filter(name, (Kernel([[-10, 10.1]]),)) if name == "kernel" else handcrafted(name)
        steps = np.linspace(0.2, 0.8, 40, dtype=np.float32)
        alpha = np.tile(steps, (40, 1))
        found = made.apply(picture(np.full((40, 40), 100, np.uint8), alpha))
        assert np.abs(found.alpha - alpha).max() < 0.2


class TestPipeline:
    def test_each_filter_takes_the_response_of_the_one_before(self):
        image = numbers(20, 21)
        made = Pipeline((handcrafted("gaussian-blur:sigma=2"), handcrafted("sobel")))
        expected = handcrafted("sobel").respond(handcrafted("gaussian-blur:sigma=2").respond(image))
        assert made.apply(picture(image)).pixels.tolist() == expected.tolist()

    @pytest.mark.parametrize("border", BORDERS)
    def test_what_lies_beyond_the_picture_is_that_of_each_response(self, border):
        image, laid = numbers(40, 9, 3), Placement(border=border)
        steps = tuple(map(handcrafted, ("gaussian-x:sigma=1", "emboss", "sobel")))
        expected = image
        for step in steps:
            expected = step.respond(expected, placement=laid, channels="each")
        found = Pipeline(steps).apply(picture(image), placement=laid, channels="each").pixels
        np.testing.assert_array_equal(found, expected)

    def test_signs_and_sizes_between_the_filters_are_kept(self):
        image = np.array([[200, 200, 0, 0]] * 4, np.uint8)
        made = Pipeline((handcrafted("sobel-x"), handcrafted("identity")))
        assert made.apply(picture(image)).pixels.min() == -800

    def test_the_name_joins_its_filters(self):
        made = Pipeline((handcrafted("gaussian:sigma=2"), handcrafted("sobel")))
        assert made.name == "gaussian-blur:sigma=2+sobel"

    def test_full_scale_depth_and_alpha_travel(self):
        source = Picture(
            numbers(9, 9), 4095.0, np.dtype(np.uint16), np.full((9, 9), 0.5, np.float32)
        )
        found = Pipeline((handcrafted("gaussian"), handcrafted("sobel"))).apply(source)
        assert (found.full_scale, found.depth) == (4095.0, np.uint16)
        np.testing.assert_allclose(found.alpha, 0.5, rtol=1e-6)

    def test_placement_holds_for_every_step(self):
        found = Pipeline((handcrafted("box-blur"), handcrafted("sobel-x"))).apply(
            picture(numbers(9, 10)), placement=Placement("valid")
        )
        assert found.pixels.shape == (5, 6)

    def test_convolution_holds_for_every_step(self):
        image = numbers(9, 10)
        found = Pipeline((handcrafted("sobel-x"), handcrafted("sobel-x"))).apply(
            picture(image), operation="convolve"
        )
        assert found.pixels.tolist() == convolve(convolve(image, "sobel-x"), "sobel-x").tolist()

    def test_it_finds_edges_when_one_of_its_filters_does(self):
        assert Pipeline((handcrafted("gaussian"), handcrafted("sobel"))).is_edge
        assert Pipeline((handcrafted("sobel"), handcrafted("gaussian"))).is_edge
        assert not Pipeline((handcrafted("gaussian"), handcrafted("sharpen"))).is_edge

    @pytest.mark.parametrize(
        "names", [("gaussian", "sobel"), ("sobel-x",), ("sobel-x", "gaussian")]
    )
    def test_a_signed_response_is_not_shown_with_half_of_its_edges_black(self, names):
        assert Pipeline(tuple(map(handcrafted, names))).show == "abs"

    def test_blurs_are_shown_as_they_are(self):
        assert Pipeline((handcrafted("gaussian"), handcrafted("sharpen"))).show == "clip"

    def test_it_is_not_empty(self):
        with pytest.raises(InputError, match="at least one filter"):
            Pipeline(())

    def test_kernels_from_the_catalogue_make_filters_of_ones_own(self):
        made = Filter("mine", (kernel("sobel-x"), kernel("scharr-y")), "magnitude")
        assert Pipeline((made,)).apply(picture(numbers(5, 5))).pixels.shape == (5, 5)
