"""What a name means, and that what it names filters as it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import assert_close, convolve_by_definition, correlate_by_definition

import filt
from filt.filters.catalogue import ALIASES, RECIPES
from filt.filters.errors import InputError, ReadError
from filt.filters.picture import Picture
from filt.filters.placement import Placement
from filt.filters.registry import FILTERS, handcrafted
from filt.learned.files.bank_files import save_bank
from filt.learned.kernel_bank import KernelBank
from filt.learned.named_banks import BANKS
from filt.names import completions, listing, listing_text, of_kernel, resolve, split_steps

# --- resolve ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILTERS)
def test_every_name_names_itself(name):
    pipeline = resolve(name)
    assert pipeline.name == name
    assert len(pipeline.steps) == 1
    assert [kernel.name for kernel in pipeline.steps[0].kernels] == list(FILTERS[name].kernels)


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_every_alias_names_its_filter(alias, name):
    assert resolve(alias).name == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("gaussian:sigma=2", "gaussian-blur:sigma=2"),
        ("  gaussian : sigma = 2.0 + SOBEL ", "gaussian-blur:sigma=2+sobel"),
        ("unsharp:amount=0.5,sigma=3", "unsharp:sigma=3,amount=0.5"),
        ("gabor:theta=-45", "gabor:theta=-45"),
        ("box:size=5+box:size=3+sobel-x", "box-blur:size=5+box-blur:size=3+sobel-x"),
        ("gaussian:sigma=1e+0+sobel", None),
        ("canny:low=0.05,high=0.15,sigma=1.4", "canny:sigma=1.4,low=0.05,high=0.15"),
        ("canny:relative=yes", "canny:relative=yes"),
    ],
)
def test_names_are_canonical(text, name):
    if name is None:
        with pytest.raises(InputError):
            resolve(text)  # a plus joins, also after an exponent: documented by its message
    else:
        assert resolve(text).name == name
        assert resolve(resolve(text).name).name == name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sobl", "did you mean sobel"),
        ("sobel_x", "did you mean sobel-x"),
        ("gausian", "did you mean gaussian"),
        ("laplace", "did you mean laplacian"),
        ("blur", "box-blur"),
        ("sharp", "sharpen"),
        ("prewit", "did you mean prewitt"),
        ("kany", "did you mean canny"),
        ("qqqqqq", "filt list"),
        ("", "missing"),
        ("+", "missing"),
        ("box+", "missing"),
        ("+box", "missing"),
        ("box++sobel", "missing"),
        ("box:", "key=value"),
        ("box:size", "key=value"),
        ("box:size=", "key=value"),
        ("box:size=3,size=5", "twice"),
        ("box:width=3", "its parameters are size"),
        ("sobel:sigma=1", "no parameters"),
        ("box:size=0", "size"),
        ("box:size=-3", "size"),
        ("box:size=3.5", "whole number"),
        ("gaussian:sigma=inf", "sigma"),
        ("gabor:wavelength=1", "wavelength"),
        ("difference-of-gaussians:ratio=0.5", "ratio"),
        ("taps:", "taps"),
        ("taps:[[1,2],[3]]", "one length"),
        ("taps:[[1,2]", "got '[[1,2]'"),
        ("taps:[[NaN]]", "finite"),
        ("taps:file.csv", ".npy"),
    ],
)
def test_what_means_nothing_says_why(text, says):
    with pytest.raises(InputError) as caught:
        resolve(text)
    message = str(caught.value)
    assert says in message
    assert message[0].islower() or not message[0].isalpha()
    assert not message.endswith(".")
    assert "\n" not in message


def test_a_missing_file_of_taps_cannot_be_read():
    with pytest.raises(ReadError, match=r"nowhere\.npy: no such file"):
        resolve("taps:nowhere.npy")


def test_taps_keep_their_plus_and_their_comma():
    assert split_steps("taps:[[1e+3,2],[3,4]]+box") == ["taps:[[1e+3,2],[3,4]]", "box"]
    pipeline = resolve("gaussian + taps:[[1e+3, -2]] + box:size=5")
    assert [len(step.kernels) for step in pipeline.steps] == [1, 1, 1]
    assert pipeline.steps[1].kernels[0].taps.tolist() == [[1000, -2]]


def test_a_kernel_is_a_filter():
    kernel = filt.Kernel(np.array([[1.0, -1.0]]), name="mine")
    filtered = of_kernel(kernel)
    assert filtered.kernels == (kernel,)
    assert filtered.name == "mine"
    assert filtered.respond([[1.0, 5.0, 7.0]]).tolist() == [[4.0, -4.0, -2.0]]  # 5 lies left of 1


# --- listing and completion ---------------------------------------------------------------------


def test_the_listing_is_the_registry():
    entries = listing()
    assert [entry.name for entry in entries] == [*FILTERS, *BANKS]
    for entry in entries:
        assert entry.meaning
        assert entry.family
        resolve(entry.name)
    assert {alias for entry in entries for alias in entry.aliases} == set(ALIASES)
    text = listing_text(entries)
    for entry in entries:
        assert entry.name in text


def test_every_name_and_alias_completes_with_help():
    offered = completions()
    assert set(offered) == {*FILTERS, *ALIASES, *BANKS}
    assert all(offered.values())


def test_every_kernel_of_the_catalogue_is_a_filter():
    assert set(RECIPES) <= set(FILTERS)
    for name in ("sobel-x", "sobel-y", "sobel", "scharr-x", "laplacian", "box-blur", "sharpen"):
        resolve(name)


# --- what a name names filters as it says -------------------------------------------------------

SIGMAS = st.floats(0.3, 1.2).map(lambda sigma: round(sigma, 3))
PARAMETERS = {
    "sigma": SIGMAS,
    "size": st.integers(1, 6),
    "length": st.integers(1, 6),
    "angle": st.integers(-180, 180),
    "theta": st.integers(-180, 180),
    "phase": st.integers(-180, 180),
    "wavelength": st.integers(2, 9),
    "gamma": st.sampled_from([0.8, 1, 1.5]),
    "ratio": st.sampled_from([1.1, 1.6, 2]),
    "amount": st.integers(-2, 3),
}
OF_KERNELS = [name for name, recipe in FILTERS.items() if recipe.kernels]


@st.composite
def named(draw):
    """A name with none, some or all of its parameters given."""
    name = draw(st.sampled_from(OF_KERNELS))
    keys = [key for key in FILTERS[name].parameters if draw(st.booleans())]
    if "gabor" in name:
        keys = sorted({*keys, "sigma"})
    written = ",".join(f"{key}={draw(PARAMETERS[key])}" for key in keys)
    return f"{name}:{written}" if written else name


def pictures(draw, dtypes=(np.uint8, np.uint16, np.int16, np.float32, np.float64)):
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    shape = (height, width, 3) if draw(st.booleans()) else (height, width)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    values = rng.integers(0, 256, shape)
    return values.astype(draw(st.sampled_from(dtypes)))


def by_hand(filtered, image, operation, channels, border):
    """The response from the kernels alone, by the definition of each step."""
    wide = np.asarray(image, np.float64)
    laid = correlate_by_definition if operation == "correlate" else convolve_by_definition

    def response(seen):
        each = [laid(seen, kernel.taps, border=border) for kernel in filtered.kernels]
        if filtered.combination == "magnitude":
            return np.sqrt(sum(one**2 for one in each))
        return np.max(each, axis=0) if filtered.combination == "largest" else each[0]

    if wide.ndim == 2 or channels == "each":
        return response(wide)
    if channels == "luma":
        return response(wide @ [0.299, 0.587, 0.114])
    each = response(wide)
    return np.take_along_axis(each, np.abs(each).argmax(2)[..., None], 2)[..., 0]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_response_is_that_of_the_kernels_and_the_input_stays(data):
    name = data.draw(named())
    image = pictures(data.draw)
    operation = data.draw(st.sampled_from(["correlate", "convolve"]))
    channels = data.draw(st.sampled_from(["luma", "each"]))
    border = data.draw(st.sampled_from(list(filt.BORDERS)))
    (filtered,) = resolve(name).steps
    before = image.copy()
    image.setflags(write=False)
    response = filtered.respond(
        image, operation=operation, placement=Placement(border=border), channels=channels
    )
    np.testing.assert_array_equal(image, before)
    assert response.dtype == (np.float64 if image.dtype == np.float64 else np.float32)
    expected = by_hand(filtered, image, operation, channels, border)
    heaviest = max(filtered.kernels, key=lambda kernel: np.abs(kernel.taps).sum())
    # a magnitude of several responses rounds as often as there are of them
    assert_close(response, expected, np.asarray(image, np.float64) * 4, heaviest.taps)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_strongest_channel_is_one_of_the_three(data):
    name = data.draw(named())
    image = np.random.default_rng(data.draw(st.integers(0, 99))).random((5, 6, 3))
    (filtered,) = resolve(name).steps
    response = filtered.respond(image, channels="max")
    expected = by_hand(filtered, image, "correlate", "max", "reflect101")
    np.testing.assert_allclose(np.abs(response), np.abs(expected), atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_pipeline_is_its_steps_in_order(data):
    first, second = data.draw(named()), data.draw(named())
    image = pictures(data.draw, (np.float64,))
    picture = Picture(image, 1.0, np.dtype(np.float32))
    before = image.copy()
    made = resolve(f"{first}+{second}").apply(picture, channels="each")
    np.testing.assert_array_equal(image, before)
    steps = [resolve(name).steps[0] for name in (first, second)]
    expected = image
    for step in steps:
        expected = by_hand(step, expected, "correlate", "each", "reflect101")
    largest = max(np.abs(expected).max(), np.abs(image).max(), 1e-9)
    weights = [max(np.abs(k.taps).sum() for k in step.kernels) for step in steps]
    np.testing.assert_allclose(made.pixels, expected, atol=1e-12 * largest * max(weights) * 10)
    assert made.full_scale == 1.0


def test_names_know_handcrafted_filters_as_the_registry_does():
    for name in OF_KERNELS:
        assert resolve(name).steps[0] == handcrafted(name)


# --- learned kernels ----------------------------------------------------------------------------


@pytest.fixture
def bank(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kernels = np.random.default_rng(3).normal(size=(3, 5, 1, 4))
    made = KernelBank(kernels, name="made")
    save_bank("made.npz", made)
    return made


def test_a_kernel_of_a_file_is_a_filter_of_its_raw_taps(bank):
    pipeline = resolve("made.npz:2")
    (filtered,) = pipeline.steps
    assert (pipeline.name, pipeline.written, pipeline.files) == (
        "made.npz:2", "made.npz:2", ("made.npz",)
    )  # fmt: skip
    (taken,) = filtered.kernels
    np.testing.assert_array_equal(taken.taps, bank[2].taps)
    image = np.random.default_rng(0).uniform(0, 255, (6, 7, 3))
    assert filtered.channels == "luma"
    grey = image @ [0.299, 0.587, 0.114]
    expected = correlate_by_definition(grey, bank[2].taps, border="reflect101")
    np.testing.assert_allclose(filtered.respond(image), expected, atol=1e-9)
    np.testing.assert_allclose(filtered.unit.kernels[0].positive_sum, 1)
    joined = resolve("box+./made.npz:0+sobel")
    assert joined.name == "box-blur+./made.npz:0+sobel"
    assert joined.files == ("./made.npz",)


def test_colour_kernels_take_a_grey_picture_three_times(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kernels = np.random.default_rng(4).normal(size=(3, 3, 3, 2))
    save_bank("rgb.npz", KernelBank(kernels))
    (filtered,) = resolve("rgb.npz:1").steps
    grey = np.random.default_rng(1).uniform(size=(5, 6))
    taps = np.float32(kernels[..., 1]).astype(np.float64)
    expected = correlate_by_definition(grey, taps.sum(axis=2), border="reflect101")
    np.testing.assert_allclose(filtered.respond(grey), expected, atol=1e-12)
    colour = np.random.default_rng(2).uniform(size=(5, 6, 3))
    each = [
        correlate_by_definition(colour[..., n], taps[..., n], border="reflect101") for n in range(3)
    ]
    np.testing.assert_allclose(filtered.respond(colour), sum(each), atol=1e-12)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("made.npz:4", "4 kernels, 0 to 3, got number '4'"),
        ("made.npz:-1", "4 kernels, 0 to 3"),
        ("made.npz:", "4 kernels, 0 to 3"),
        ("made.npz:x", "4 kernels, 0 to 3"),
        ("made.npz:99999999999999999999", "4 kernels"),
        ("made.npz+sobel", "bank of 4 kernels: name one of them, made.npz:0 to made.npz:3"),
        ("box+made.npz", "name one of them"),
        ("gaussian:2.5", "key=value"),
        ("box:size=3.5", "whole number"),
    ],
)
def test_a_bank_without_its_kernel_says_what_there_is(bank, text, says):
    with pytest.raises(InputError) as caught:
        resolve(text)
    assert says in str(caught.value)


def test_files_that_hold_no_kernels_say_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ReadError, match=r"none\.keras: no such file"):
        resolve("none.keras:0")
    (tmp_path / "text.txt").write_text("no model")
    with pytest.raises(filt.ModelError, match=r"text\.txt"):
        resolve("text.txt:0")


def test_a_bank_alone_is_a_sheet_of_its_responses(bank):
    pipeline = resolve("made.npz")
    (sheet,) = pipeline.steps
    assert [kernel.name for kernel in sheet.kernels] == [f"made.npz:{n}" for n in range(4)]
    image = np.random.default_rng(5).integers(0, 256, (40, 60)).astype(np.uint8)
    picture = Picture(image, 255.0, np.dtype(np.uint8))
    drawn = pipeline.apply(picture)
    assert drawn.pixels.dtype == np.uint8
    assert drawn.full_scale == 255.0
    assert drawn.is_colour
    assert drawn.size[0] > 2 * 60
    turned = pipeline.apply(picture, operation="convolve", placement=Placement(border="zero"))
    assert turned.pixels.shape == drawn.pixels.shape
    assert (turned.pixels != drawn.pixels).any()
    with pytest.raises(InputError, match="name one of them"):
        sheet.respond(image)


@pytest.mark.parametrize("name", BANKS)
def test_shipped_banks_have_their_names(name):
    kernel = resolve(f"{name}:3").steps[0].kernels[0]
    assert kernel.name == f"{name}:3"
    assert resolve(f" {name.upper()} : 3").name == f"{name}:3"
    offered = completions(f"{name}:")
    assert f"{name}:3" in offered
    assert name in completions("lea")
    assert [entry.family for entry in listing() if entry.name == name] == ["learned"]
    assert name in listing_text(listing())
