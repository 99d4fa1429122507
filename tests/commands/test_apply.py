"""`filt apply`, from a file to a file, against pictures computed without filt."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal as signals
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from oracles import convolve_by_definition, correlate_by_definition
from PIL import Image
from scipy import ndimage, signal

from filt.filters.catalogue import ALIASES, kernel
from filt.filters.files.reading import read_image
from filt.filters.registry import FILTERS

PHOTO = Path(__file__).parents[2] / "samples" / "photo.png"
LOPSIDED = "taps:[[1,2,0],[0,-3,4],[5,0,-6]]"
LOPSIDED_TAPS = np.array([[1, 2, 0], [0, -3, 4], [5, 0, -6]], float)
NUMPY_BORDERS = {
    "reflect101": "reflect",
    "symmetric": "symmetric",
    "replicate": "edge",
    "wrap": "wrap",
    "zero": "constant",
}


def noise(*shape, seed=0, dtype=np.uint8):
    highest = np.iinfo(dtype).max + 1
    return np.random.default_rng(seed).integers(0, highest, shape, dtype)


def luma(pixels):
    """Rec. 601 in double precision."""
    red, green, blue = np.moveaxis(np.asarray(pixels, np.float64), 2, 0)
    return 0.299 * red + 0.587 * green + 0.114 * blue


def save(path, pixels):
    """A file of the format that the name says, written without filt."""
    if Path(path).suffix == ".npy":
        np.save(path, pixels)
    elif pixels.dtype == np.uint8:
        Image.fromarray(pixels).save(path)
    else:
        order = {2: lambda p: p, 3: lambda p: p[..., ::-1]}[pixels.ndim]
        assert cv2.imwrite(str(path), order(pixels))
    return str(path)


def open_with_pillow(path):
    """The mode and the samples of a file, read without filt."""
    with Image.open(path) as image:
        return image.mode, np.asarray(image)


def load(path):
    """The samples of a file, read without filt, RGB."""
    if Path(path).suffix == ".npy":
        return np.load(path)
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    if pixels.ndim == 2:
        return pixels
    return pixels[..., {3: [2, 1, 0], 4: [2, 1, 0, 3]}[pixels.shape[2]]]


def files(folder="."):
    """The names in a folder, in order."""
    return sorted(path.name for path in Path(folder).iterdir())


def assert_rounded(actual, exact, slack=2e-3):
    """`actual` holds the whole numbers nearest to `exact`; where two are equally near, either.

    slack: how far float32 may be from the double precision of `exact`.
    """
    assert actual.dtype.kind == "u"
    assert actual.shape == exact.shape
    assert np.abs(actual.astype(np.float64) - exact).max() <= 0.5 + slack


def laplace_each(pixels):
    values = np.asarray(pixels, np.float64)
    return np.stack([ndimage.laplace(values[..., c], mode="mirror") for c in range(3)], axis=2)


BY_OTHERS = {
    "sobel-x": lambda p: np.abs(ndimage.sobel(luma(p), axis=1, mode="mirror")),
    "sobel-y": lambda p: np.abs(ndimage.sobel(luma(p), axis=0, mode="mirror")),
    "sobel": lambda p: np.hypot(
        ndimage.sobel(luma(p), axis=1, mode="mirror"), ndimage.sobel(luma(p), axis=0, mode="mirror")
    ),
    "scharr-x": lambda p: np.abs(cv2.Scharr(luma(p), cv2.CV_64F, 1, 0)),
    "laplacian": lambda p: np.abs(ndimage.laplace(luma(p), mode="mirror")),
    "box-blur": lambda p: cv2.blur(p.astype(np.float64), (3, 3)),
    "sharpen": lambda p: p - laplace_each(p),
}


# --- the card's own names, and every other ------------------------------------------------------


@pytest.mark.parametrize("name", BY_OTHERS)
def test_the_cards_own_names_end_to_end_on_a_photograph(filt, tmp_path, name):
    original = PHOTO.read_bytes()
    (tmp_path / "photo.png").write_bytes(original)
    _, pixels = open_with_pillow(PHOTO)
    assert pixels.ndim == 3
    assert pixels.dtype == np.uint8
    filt("apply", name, "photo.png")
    made = load(tmp_path / f"photo.{name}.png")
    assert_rounded(made, np.clip(BY_OTHERS[name](pixels), 0, 255))
    assert (tmp_path / "photo.png").read_bytes() == original
    assert files() == sorted(["photo.png", f"photo.{name}.png"])


def combined(responses, combination):
    if combination == "magnitude":
        return np.sqrt(np.sum(np.square(responses), axis=0))
    return np.max(responses, axis=0)


@pytest.mark.parametrize("name", FILTERS)
def test_every_name_of_the_registry_applies(filt, tmp_path, name):
    pixels = noise(9, 11, 3, seed=3)
    save("photo.png", pixels)
    done = json.loads(filt("apply", name, "photo.png", "--json").stdout)
    assert done[0]["output"] == f"photo.{name}.png"
    shown = load(f"photo.{name}.png")
    recipe = FILTERS[name]
    if not recipe.kernels:
        assert shown.shape == (9, 11)
        assert set(np.unique(shown)) <= {0, 255}
        return
    taps = [kernel(part).taps for part in recipe.kernels]
    edges = all(abs(t.sum()) < 1e-9 for t in taps)
    seen = luma(pixels) if edges else pixels
    exact = combined([correlate_by_definition(seen, t) for t in taps], recipe.combination)
    filt("apply", name, "photo.png", "-o", "raw.npy")
    np.testing.assert_allclose(np.load("raw.npy"), exact, rtol=0, atol=2e-3)
    if edges:
        assert done[0]["show"] == "abs"
    elif all(abs(t.sum() - 1) < 1e-9 for t in taps):
        assert done[0]["show"] == "clip"
    assert_rounded(shown, SHOWN[done[0]["show"]](exact), slack=1e-2)


@pytest.mark.parametrize("name", FILTERS)
def test_every_name_of_the_registry_applies_to_a_single_grey_pixel(filt, name):
    save("dot.png", np.array([[77]], np.uint8))
    filt("apply", name, "dot.png")
    assert load(f"dot.{name}.png").shape == (1, 1)


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_an_alias_writes_what_its_filter_writes(filt, alias, name):
    save("a.png", noise(6, 7, 3))
    filt("apply", name, "a.png", "-o", "by-name.png")
    filt("apply", alias, "a.png", "-o", "by-alias.png")
    np.testing.assert_array_equal(load("by-alias.png"), load("by-name.png"))


def test_the_sign_is_that_of_the_readme(filt):
    step = np.zeros((4, 6), np.uint8)
    step[:, 3:] = 200
    save("right.png", step)
    save("down.png", step.T.copy())
    filt("apply", "sobel-x", "right.png", "-o", "x.npy")
    filt("apply", "sobel-y", "down.png", "-o", "y.npy")
    assert np.load("x.npy")[1].tolist() == [0, 0, 800, 800, 0, 0]
    assert np.load("y.npy")[:, 1].tolist() == [0, 0, 800, 800, 0, 0]
    filt("apply", "edge-v", "right.png", "-o", "v.npy")
    assert np.load("v.npy")[1].tolist() == [0, 0, -600, -600, 0, 0]


# --- how the taps are laid ----------------------------------------------------------------------


def test_op_correlate_and_convolve(filt):
    pixels = noise(7, 9)
    save("a.png", pixels)
    filt("apply", LOPSIDED, "a.png", "-o", "default.npy")
    filt("apply", LOPSIDED, "a.png", "-o", "correlated.npy", "--op", "correlate")
    filt("apply", LOPSIDED, "a.png", "-o", "convolved.npy", "--op", "convolve", "--border", "zero")
    expected = ndimage.correlate(pixels.astype(float), LOPSIDED_TAPS, mode="mirror")
    np.testing.assert_array_equal(np.load("default.npy"), expected)
    np.testing.assert_array_equal(np.load("correlated.npy"), expected)
    np.testing.assert_array_equal(
        np.load("convolved.npy"), signal.convolve2d(pixels, LOPSIDED_TAPS, "same")
    )


@pytest.mark.parametrize("border", [*NUMPY_BORDERS, "mirror", "nearest", "constant"])
def test_border(filt, border):
    pixels = noise(6, 8)
    save("a.png", pixels)
    filt("apply", LOPSIDED, "a.png", "-o", "r.npy", "--border", border)
    meant = {"mirror": "reflect101", "nearest": "replicate", "constant": "zero"}.get(border, border)
    padded = np.pad(pixels.astype(float), 1, mode=NUMPY_BORDERS[meant])
    expected = signal.correlate2d(padded, LOPSIDED_TAPS, "valid")
    np.testing.assert_array_equal(np.load("r.npy"), expected)


def test_an_alias_of_a_border_is_reported_by_its_canonical_name(filt):
    save("a.png", noise(4, 5))
    result = filt("apply", "box", "a.png", "--border", "nearest", "--json")
    assert json.loads(result.stdout)[0]["border"] == "replicate"


@pytest.mark.parametrize("mode", ["same", "valid", "full", "keras-same"])
@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"dilation": 2}, {"stride": 3}])
def test_mode_stride_and_dilation(filt, mode, options):
    pixels = noise(8, 11)
    save("a.png", pixels)
    words = [word for key, value in options.items() for word in (f"--{key}", value)]
    filt("apply", LOPSIDED, "a.png", "-o", "r.npy", "--mode", mode, "--border", "zero", *words)
    expected = correlate_by_definition(pixels, LOPSIDED_TAPS, mode=mode, border="zero", **options)
    np.testing.assert_array_equal(np.load("r.npy"), expected)


def test_keras_same_pads_with_zeros_unless_told(filt):
    pixels = noise(6, 6)
    save("a.png", pixels)
    filt("apply", LOPSIDED, "a.png", "-o", "r.npy", "--mode", "keras-same", "--stride", "2")
    expected = correlate_by_definition(
        pixels, LOPSIDED_TAPS, mode="keras-same", border="zero", stride=2
    )
    np.testing.assert_array_equal(np.load("r.npy"), expected)


def test_convolution_with_every_option_at_once(filt):
    pixels = noise(12, 9)
    save("a.png", pixels)
    words = ["--op", "convolve", "--border", "wrap", "--stride", "2", "--dilation", "2"]
    filt("apply", LOPSIDED, "a.png", "-o", "r.npy", *words)
    expected = convolve_by_definition(pixels, LOPSIDED_TAPS, border="wrap", stride=2, dilation=2)
    np.testing.assert_array_equal(np.load("r.npy"), expected)


# --- colour -------------------------------------------------------------------------------------


def test_channels(filt):
    pixels = noise(7, 8, 3)
    save("a.png", pixels)
    slopes = np.stack(
        [ndimage.sobel(pixels[..., c].astype(float), axis=1, mode="mirror") for c in range(3)], 2
    )
    strongest = np.take_along_axis(slopes, np.abs(slopes).argmax(2)[..., None], 2)[..., 0]
    for channels, exact in {
        "luma": ndimage.sobel(luma(pixels), axis=1, mode="mirror"),
        "each": slopes,
        "max": strongest,
    }.items():
        filt("apply", "sobel-x", "a.png", "-o", "r.npy", "--channels", channels)
        np.testing.assert_allclose(np.load("r.npy"), exact, rtol=0, atol=1e-3)
    filt("apply", "box", "a.png", "-o", "r.npy", "--channels", "luma")
    assert np.load("r.npy").shape == (7, 8)


def test_an_edge_between_colours_of_one_luma_is_seen_by_max_alone(filt):
    pixels = np.zeros((5, 8, 3), np.uint8)
    pixels[:, :4] = (191, 0, 3)  # 57.451
    pixels[:, 4:] = (0, 97, 5)  # 57.509
    save("a.png", pixels)
    filt("apply", "sobel-x", "a.png", "-o", "luma.png")
    filt("apply", "sobel-x", "a.png", "-o", "max.png", "--channels", "max")
    assert load("luma.png").max() == 0
    assert load("max.png").max() == 255


# --- how the response is shown ------------------------------------------------------------------

SHOWN = {
    "abs": lambda r: np.abs(r).clip(0, 255),
    "clip": lambda r: r.clip(0, 255),
    "signed": lambda r: (r / 2 + 127.5).clip(0, 255),
    "minmax": lambda r: (r - r.min()) / (r.max() - r.min()) * 255,
}


@pytest.mark.parametrize("show", SHOWN)
@pytest.mark.parametrize("name", ["sobel-x", "box-blur"])
def test_show(filt, show, name):
    pixels = noise(8, 9)
    save("a.png", pixels)
    result = filt("apply", name, "a.png", "--show", show)
    exact = correlate_by_definition(pixels, kernel(name).taps)
    assert_rounded(load(f"a.{name}.png"), SHOWN[show](exact))
    assert f"shown as {show}" in result.stdout


def test_show_raw_keeps_the_numbers_and_needs_a_file_that_can(filt):
    pixels = noise(5, 6)
    save("a.png", pixels)
    for out in ("r.npy", "r.tif", "r.tiff"):
        filt("apply", "sobel-x", "a.png", "-o", out, "--show", "raw")
        made = load(out)
        assert made.dtype == np.float32
        assert made.min() < 0
        np.testing.assert_array_equal(made, ndimage.sobel(pixels.astype(float), 1, mode="mirror"))
    message = filt("apply", "sobel-x", "a.png", "--show", "raw", code=1).stderr
    assert ".npy" in message
    assert not Path("a.sobel-x.png").exists()


def test_a_response_shown_can_be_kept_in_npy_and_tif_too(filt):
    pixels = noise(5, 6)
    save("a.png", pixels)
    exact = np.abs(ndimage.sobel(pixels.astype(float), 1, mode="mirror")).clip(0, 255)
    for out in ("r.npy", "r.tif"):
        filt("apply", "sobel-x", "a.png", "-o", out, "--show", "abs")
        assert_rounded(load(out), exact)


def test_unit_saturates_nowhere(filt):
    pixels = noise(8, 9)
    save("a.png", pixels)
    filt("apply", "sobel-x", "a.png", "--unit", "-o", "r.npy")
    exact = ndimage.sobel(pixels.astype(float), 1, mode="mirror") / 4
    np.testing.assert_allclose(np.load("r.npy"), exact, atol=1e-4)
    filt("apply", "sobel-x", "a.png", "--unit", "-o", "r.png")
    assert_rounded(load("r.png"), np.abs(exact))
    result = filt("apply", "line-v", "a.png", "--unit")
    assert "shown as clip" in result.stdout
    assert "unit scale" in result.stdout


def test_full_scale_of_floats_is_one_unless_told(filt):
    values = np.random.default_rng(5).random((6, 7)).astype(np.float32)
    save("small.npy", values)
    save("large.npy", values * 255)
    filt("apply", "box", "small.npy", "-o", "one.png")
    filt("apply", "box", "large.npy", "-o", "told.png", "--full-scale", "255")
    filt("apply", "box", "large.npy", "-o", "untold.png")
    exact = ndimage.uniform_filter(values.astype(float), 3, mode="mirror") * 255
    assert_rounded(load("one.png"), exact)
    assert_rounded(load("told.png"), exact)
    assert load("untold.png").min() == 255


@pytest.mark.parametrize("out", ["r.png", "r.npy"])
@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf"])
def test_a_full_scale_that_is_no_white_is_refused_whatever_is_written(filt, out, value):
    save("a.png", noise(4, 5))
    result = filt("apply", "sobel-x", "a.png", "-o", out, "--full-scale", value, code={1, 2})
    assert "full" in result.stderr
    assert not Path(out).exists()


# --- depth and alpha ----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(6, 9), (6, 9, 3)])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bits_in_16_bits_out(filt, shape, suffix):
    pixels = noise(*shape, dtype=np.uint16)
    save(f"a{suffix}", pixels)
    filt("apply", "box-blur", f"a{suffix}")
    made = load("a.box-blur.png")
    assert made.dtype == np.uint16
    exact = correlate_by_definition(pixels, np.full((3, 3), 1 / 9))
    assert_rounded(made, exact, slack=0.05)


def test_8_bits_16_bits_and_floats_of_one_picture_give_one_response(filt):
    pixels = noise(6, 9)
    save("a8.png", pixels)
    save("a16.png", pixels.astype(np.uint16) * 257)
    save("af.npy", (pixels / 255).astype(np.float32))
    for source in ("a8.png", "a16.png", "af.npy"):
        filt("apply", "sobel", source, "-o", source + ".raw.npy")
        filt("apply", "sobel", source, "-o", source + ".shown.png")
    raw = np.load("a8.png.raw.npy").astype(float)
    np.testing.assert_allclose(np.load("a16.png.raw.npy"), raw * 257, rtol=1e-6)
    np.testing.assert_allclose(np.load("af.npy.raw.npy"), raw / 255, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(load("af.npy.shown.png"), load("a8.png.shown.png"))
    assert_rounded(load("a16.png.shown.png"), np.minimum(raw * 257, 65535), slack=0.1)


def test_edges_carry_the_alpha_and_filter_the_colour_alone(filt):
    pixels = noise(6, 8, 4)
    save("a.png", pixels)
    filt("apply", "sobel-x", "a.png")
    mode, made = open_with_pillow("a.sobel-x.png")
    assert mode == "LA"
    shown, alpha = np.moveaxis(made, 2, 0)
    np.testing.assert_array_equal(alpha, pixels[..., 3])
    exact = np.abs(ndimage.sobel(luma(pixels[..., :3]), axis=1, mode="mirror"))
    assert_rounded(shown, exact.clip(0, 255))


@pytest.mark.parametrize("words", [("--mode", "valid"), ("--mode", "full"), ("--stride", "2")])
def test_the_alpha_has_the_extent_of_the_response(filt, words):
    pixels = noise(7, 8, 4)
    save("a.png", pixels)
    filt("apply", LOPSIDED.replace("-6", "-9"), "a.png", "-o", "r.png", *words)
    _, made = open_with_pillow("r.png")
    alpha = {
        "valid": pixels[1:-1, 1:-1, 3],
        "full": np.pad(pixels[..., 3], 1, mode="reflect"),
        "2": pixels[::2, ::2, 3],
    }[words[1]]
    np.testing.assert_array_equal(made[..., -1], alpha)


def test_a_blur_premultiplies(filt):
    pixels = noise(8, 9, 4)
    pixels[2:6, 2:7, 3] = 0
    save("a.png", pixels)
    filt("apply", "box-blur", "a.png")
    _, made = open_with_pillow("a.box-blur.png")
    box = np.full((3, 3), 1 / 9)
    opacity = pixels[..., 3] / 255
    seen = correlate_by_definition(pixels[..., :3] * opacity[..., None], box)
    there = correlate_by_definition(opacity, box)
    assert_rounded(made[..., 3], there * 255)
    visible = there > 1e-6
    assert not visible.all()
    assert_rounded(made[visible][:, :3], (seen[visible] / there[visible][:, None]).clip(0, 255))


@pytest.mark.parametrize("name", ["box-blur", "gaussian-blur", "sharpen", "unsharp:amount=2"])
def test_one_colour_stays_that_colour_under_any_alpha(filt, name):
    pixels = np.empty((9, 10, 4), np.uint8)
    pixels[...] = (200, 100, 50, 255)
    pixels[:, :5, 3] = 60
    save("a.png", pixels)
    filt("apply", name, "a.png", "-o", "r.png")
    _, made = open_with_pillow("r.png")
    made = made.astype(int)
    visible = made[..., 3] > 0
    assert np.abs(made[visible][:, :3] - (200, 100, 50)).max() <= 1


@pytest.mark.parametrize("name", ["box-blur", "gaussian-blur", "sharpen", "emboss"])
def test_hidden_colours_do_not_bleed(filt, name):
    pixels = np.zeros((5, 6, 4), np.uint8)
    pixels[:, :3] = (255, 0, 0, 0)  # red that nobody sees
    pixels[:, 3:] = (0, 0, 200, 255)
    save("a.png", pixels)
    filt("apply", name, "a.png")
    _, made = open_with_pillow(f"a.{name}.png")
    seen = made[made[..., 3] > 0]
    assert not seen[:, :2].any()
    assert (seen[:, 2] == 200).all()
    if name == "box-blur":
        assert made[2, :, 3].tolist() == [0, 0, 85, 170, 255, 255]


def test_a_grey_picture_stays_grey_and_colour_stays_colour(filt):
    save("grey.png", noise(5, 6))
    save("colour.png", noise(5, 6, 3))
    for name, expected in (("sobel-x", ("L", "L")), ("box-blur", ("L", "RGB"))):
        filt("apply", name, "grey.png", "colour.png")
        made = tuple(open_with_pillow(f"{stem}.{name}.png")[0] for stem in ("grey", "colour"))
        assert made == expected


# --- pipelines and one's own taps ---------------------------------------------------------------


def test_a_pipeline_is_one_filter_after_the_other(filt):
    pixels = noise(20, 23, 3)
    save("a.png", pixels)
    result = filt("apply", "gaussian:sigma=2+sobel", "a.png")
    blurred = ndimage.gaussian_filter(luma(pixels), 2, mode="mirror", truncate=4)
    exact = np.hypot(*(ndimage.sobel(blurred, axis, mode="mirror") for axis in (0, 1)))
    assert_rounded(load("a.gaussian-sigma-2-sobel.png"), exact.clip(0, 255))
    assert "gaussian-blur:sigma=2+sobel" in result.stdout
    assert "shown as abs" in result.stdout


def test_full_scale_and_depth_travel_through_a_pipeline(filt):
    pixels = noise(12, 14) // 16
    pixels[:, 7:] += 200
    save("a8.png", pixels)
    save("a16.png", pixels.astype(np.uint16) * 257)
    name = "box:size=3+canny:sigma=1"
    for source in ("a8.png", "a16.png"):
        filt("apply", name, source, "-o", f"{source}.edges.png")
    edges8, edges16 = load("a8.png.edges.png"), load("a16.png.edges.png")
    assert edges16.dtype == np.uint16
    assert edges8.any()
    np.testing.assert_array_equal(edges16, edges8.astype(np.uint16) * 257)


def test_negative_values_survive_between_the_steps(filt):
    pixels = noise(7, 8)
    save("a.png", pixels)
    filt("apply", "sobel-x+sobel-x", "a.png", "-o", "r.npy")
    exact = ndimage.sobel(ndimage.sobel(pixels.astype(float), 1, mode="mirror"), 1, mode="mirror")
    np.testing.assert_array_equal(np.load("r.npy"), exact)


@pytest.mark.parametrize("name", ["sobel-x+box-blur", "sobel-x+gaussian-blur", "laplacian+sharpen"])
def test_a_pipeline_that_is_silent_on_flat_pictures_is_shown_as_abs(filt, name):
    # Such a pipeline sums to zero as a whole: clip would hide half of the edges.
    save("a.png", noise(9, 10))
    result = filt("apply", name, "a.png", "--json")
    assert json.loads(result.stdout)[0]["show"] == "abs"


TAPS = [[0.5, -1.25, 2], [3, 0, 4.75]]


@pytest.mark.parametrize("suffix", [".npy", ".json", ".txt"])
def test_taps_from_a_file(filt, suffix):
    if suffix == ".npy":
        np.save("mine.npy", np.array(TAPS))
    elif suffix == ".json":
        Path("mine.json").write_text(json.dumps(TAPS))
    else:
        Path("mine.txt").write_text("# mine\n0.5 -1.25 2\n3, 0, 4.75\n")
    pixels = noise(7, 9)
    save("a.png", pixels)
    result = filt("apply", f"taps:mine{suffix}", "a.png", "--json")
    (output,) = (row["output"] for row in json.loads(result.stdout))
    assert output == f"a.taps-mine{suffix}.png"
    assert_rounded(load(output), SHOWN["minmax"](correlate_by_definition(pixels, TAPS)))


def test_taps_written_out(filt):
    pixels = noise(7, 9)
    save("a.png", pixels)
    filt("apply", f"taps:{json.dumps(TAPS)}", "a.png", "-o", "r.npy")
    np.testing.assert_allclose(np.load("r.npy"), correlate_by_definition(pixels, TAPS), atol=1e-3)
    filt("apply", f"taps:{json.dumps(TAPS)}+taps:[[1e+1]]", "a.png", "-o", "ten.npy")
    np.testing.assert_allclose(np.load("ten.npy"), 10 * np.load("r.npy"), rtol=1e-6)


def test_taps_over_channels_sum_over_them(filt):
    taps = np.random.default_rng(2).standard_normal((3, 3, 3))
    np.save("k.npy", taps)
    pixels = noise(6, 7, 3)
    save("a.png", pixels)
    filt("apply", "taps:k.npy", "a.png", "-o", "r.npy")
    np.testing.assert_allclose(np.load("r.npy"), correlate_by_definition(pixels, taps), atol=5e-3)


# --- where the picture goes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "name", "output"),
    [
        ("photo.png", "sobel-x", "photo.sobel-x.png"),
        ("photo.jpg", "gaussian:sigma=2", "photo.gaussian-sigma-2.png"),
        ("photo.tar.png", "gaussian:sigma=2+sobel", "photo.tar.gaussian-sigma-2-sobel.png"),
        ("photo", "canny:low=0.05,high=0.15", "photo.canny-low-0.05-high-0.15.png"),
        (".hidden.png", "sobel", ".hidden.sobel.png"),
        ("-dash.png", "sobel", "-dash.sobel.png"),
        ("a b.png", "box", "a b.box.png"),
        ("été.png", "box", "été.box.png"),
    ],
)
def test_default_names_are_those_of_the_input_and_of_what_was_written(filt, source, name, output):
    save("written.png", noise(5, 6))
    Path("written.png").replace(source)
    filt("apply", name, "--", source)
    assert files() == sorted([source, output])


def test_the_picture_goes_beside_the_input(filt):
    Path("in").mkdir()
    save("in/a.png", noise(4, 5))
    result = filt("apply", "sobel-x", Path("in") / "a.png")
    assert files("in") == ["a.png", "a.sobel-x.png"]
    assert result.stdout.startswith(f"{Path('in') / 'a.sobel-x.png'}: ")


def test_out_is_a_file_or_a_folder(filt):
    for name in ("a.png", "b.png"):
        save(name, noise(4, 5))
    Path("there").mkdir()
    filt("apply", "sobel-x", "a.png", "-o", "x.bmp")
    filt("apply", "sobel-x", "a.png", "-o", "there")
    filt("apply", "sobel-x", "a.png", "--out", "new/")
    filt("apply", "sobel-x", "a.png", "b.png", "-o", "many")
    assert load("x.bmp").shape == (4, 5)
    assert files("there") == ["a.sobel-x.png"]
    assert files("new") == ["a.sobel-x.png"]
    assert files("many") == ["a.sobel-x.png", "b.sobel-x.png"]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp", ".bmp", ".pgm", ".ppm"])
def test_every_format_is_written(filt, suffix):
    pixels = noise(16, 18)
    save("a.png", pixels)
    filt("apply", "box", "a.png", "-o", f"r{suffix}", "--show", "clip")
    made = load(f"r{suffix}").astype(float)
    exact = correlate_by_definition(pixels, np.full((3, 3), 1 / 9))
    grey = made if made.ndim == 2 else made[..., 0]
    assert np.abs(grey - exact).max() <= (12 if suffix == ".jpg" else 0.502)


def test_an_existing_output_is_replaced(filt):
    save("a.png", noise(4, 5))
    Path("a.sobel-x.png").write_bytes(b"old")
    filt("apply", "sobel-x", "a.png")
    assert load("a.sobel-x.png").shape == (4, 5)
    assert files() == ["a.png", "a.sobel-x.png"]


def test_no_clobber_refuses_to_replace(filt):
    save("a.png", noise(4, 5))
    filt("apply", "sobel-x", "a.png", "--no-clobber")
    Path("a.sobel-x.png").write_bytes(b"old")
    message = filt("apply", "sobel-x", "a.png", "--no-clobber", code=1).stderr
    assert message == "Error: a.sobel-x.png: exists already\n"
    assert Path("a.sobel-x.png").read_bytes() == b"old"
    assert files() == ["a.png", "a.sobel-x.png"]


def collides(filt, *words):
    """Run a command that must end before any work; gives its message."""
    before = contents()
    message = filt(*words, code={1, 2}).stderr
    assert contents() == before
    assert len([line for line in message.splitlines() if line.startswith("Error: ")]) == 1
    return message


def contents(folder="."):
    return {
        str(path): path.read_bytes() if path.is_file() else None
        for path in sorted(Path(folder).rglob("*"))
    }


def test_two_inputs_for_one_output_are_an_error_before_any_work(filt):
    for name in ("a.png", "a.jpg", "z.png"):
        save(name, noise(4, 5))
    for folder in ("one", "two"):
        Path(folder).mkdir()
        save(f"{folder}/photo.png", noise(4, 5))
    message = collides(filt, "apply", "sobel-x", "z.png", "a.png", "a.jpg")
    assert "a.sobel-x.png: both a.png and a.jpg" in message
    message = collides(filt, "apply", "sobel-x", "one/photo.png", "two/photo.png", "-o", "three")
    assert "both one/photo.png and two/photo.png" in message
    collides(filt, "apply", "sobel-x", "a.png", "a.png")
    collides(filt, "apply", "sobel-x", "a.png", "./a.png", "-o", "three/")
    collides(filt, "apply", "sobel-x", "a.png", "z.png", "-o", "a.jpg")


def test_the_input_is_never_overwritten(filt):
    for name in ("a.png", "a.sobel-x.png", "b.png"):
        save(name, noise(4, 5))
    Path("sub").mkdir()
    Path("sub/link.png").symlink_to(Path("../a.png"))
    Path("folder-link").symlink_to("sub")
    for words in (
        ("a.png", "-o", "a.png"),
        ("a.png", "-o", "./a.png"),
        ("a.png", "-o", "sub/../a.png"),
        ("a.png", "-o", "sub/link.png"),
        ("sub/link.png", "-o", "a.png"),
        ("a.png", "-o", "folder-link/link.png"),
        ("b.png", "a.png", "a.sobel-x.png"),
    ):
        assert "overwrite" in collides(filt, "apply", "sobel-x", *words)


def test_an_input_with_two_names_keeps_its_bytes(filt):
    before = Path(save("a.png", noise(4, 5))).read_bytes()
    os.link("a.png", "hard.png")
    filt("apply", "sobel-x", "a.png", "-o", "hard.png")
    assert Path("a.png").read_bytes() == before
    assert Path("hard.png").read_bytes() != before


def test_the_file_of_taps_is_an_input_too(filt):
    np.save("k.npy", np.array([[1.0, 0, -1]]))
    save("a.png", noise(4, 5))
    assert "overwrite" in collides(filt, "apply", "taps:k.npy", "a.png", "-o", "k.npy")
    assert "overwrite" in collides(filt, "apply", "box+taps:./k.npy", "a.png", "-o", "k.npy")


def test_an_output_that_is_a_link_stays_a_link(filt):
    save("a.png", noise(4, 5))
    Path("sub").mkdir()
    Path("sub/real.png").write_bytes(b"old")
    Path("link.png").symlink_to("sub/real.png")
    filt("apply", "sobel-x", "a.png", "-o", "link.png")
    assert Path("link.png").is_symlink()
    assert load("sub/real.png").shape == (4, 5)


def test_different_taps_of_one_length_do_not_share_a_name(filt):
    save("a.png", noise(4, 5))
    outputs = set()
    for taps in ("[[1,0],[0,1]]", "[[1,0,0,1]]", "[[1],[0],[0],[1]]"):
        result = filt("apply", f"taps:{taps}", "a.png", "--json")
        outputs.add(json.loads(result.stdout)[0]["output"])
    assert len(outputs) == 3


# --- reading ------------------------------------------------------------------------------------


def test_page(filt):
    pages = [noise(5, 6, seed=n) for n in range(3)]
    first, *rest = [Image.fromarray(page) for page in pages]
    first.save("pages.tif", save_all=True, append_images=rest)
    message = filt("apply", "identity", "pages.tif", code=1).stderr
    assert "3 pages" in message
    for n, page in enumerate(pages, start=1):
        filt("apply", "identity", "pages.tif", "--page", n)
        np.testing.assert_array_equal(load("pages.identity.png"), page)
    assert "at most 3" in filt("apply", "identity", "pages.tif", "--page", "4", code=1).stderr
    filt("apply", "identity", "pages.tif", "--page", "0", code=2)


def test_max_pixels(filt):
    save("a.bmp", noise(4, 5))
    filt("apply", "sobel-x", "a.bmp", "--max-pixels", "20")
    Path("a.sobel-x.png").unlink()
    message = filt("apply", "sobel-x", "a.bmp", "--max-pixels", "19", code=1).stderr
    assert message.startswith("Error: a.bmp: 5 x 4 pixels")
    assert files() == ["a.bmp"]


# --- what it says -------------------------------------------------------------------------------


def test_it_says_what_it_wrote_by_which_operation_and_how_it_was_shown(filt):
    save("a.png", noise(4, 5))
    result = filt("apply", "sobel-x", "a.png", "--op", "convolve", "--show", "signed")
    (line,) = result.stdout.splitlines()
    assert result.stderr == ""
    for part in ("a.sobel-x.png", "sobel-x", "convolution", "same", "reflect101", "signed"):
        assert part in line
    assert "correlation" in filt("apply", "sobel-x", "a.png").stdout


def test_json(filt):
    for name in ("a.png", "b.png"):
        save(name, noise(4, 5))
    words = ["--op", "convolve", "--border", "zero", "--mode", "full", "--show", "signed", "--unit"]
    done = json.loads(filt("apply", "gaussian:sigma=2", "a.png", "b.png", *words, "--json").stdout)
    assert [(row["input"], row["output"]) for row in done] == [
        ("a.png", "a.gaussian-sigma-2.png"),
        ("b.png", "b.gaussian-sigma-2.png"),
    ]
    facts = {key: done[0][key] for key in ("filter", "operation", "border", "mode", "show", "unit")}
    assert facts == {
        "filter": "gaussian-blur:sigma=2",
        "operation": "convolve",
        "border": "zero",
        "mode": "full",
        "show": "signed",
        "unit": True,
    }


def test_json_names_everything_that_shaped_the_picture(filt):
    save("a.png", noise(9, 10, 3))
    words = ["--stride", "2", "--dilation", "2", "--channels", "max", "--full-scale", "200"]
    (row,) = json.loads(filt("apply", "sobel-x", "a.png", *words, "--json").stdout)
    assert row["stride"] in (2, [2, 2])
    assert row["dilation"] in (2, [2, 2])
    assert row["channels"] == "max"
    assert row["full_scale"] == 200


# --- many pictures ------------------------------------------------------------------------------


def test_many_pictures_go_on_past_a_bad_one(filt):
    for name in ("a.png", "c.png", "e.png"):
        save(name, noise(4, 5))
    Path("b.png").write_bytes(Path("a.png").read_bytes()[:60])
    result = filt("apply", "sobel-x", "a.png", "b.png", "c.png", "d.png", "e.png", code=1)
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == [
        "a.sobel-x.png",
        "c.sobel-x.png",
        "e.sobel-x.png",
    ]
    lines = result.stderr.splitlines()
    assert lines[0].startswith("Error: b.png: ")
    assert lines[1].startswith("Error: d.png: ")
    assert lines[2:] == ["2 of 5 pictures failed"]
    assert {"a.sobel-x.png", "c.sobel-x.png", "e.sobel-x.png"} < set(files())
    assert not {"b.sobel-x.png", "d.sobel-x.png"} & set(files())


def test_json_of_many_with_a_bad_one_is_still_json(filt):
    save("a.png", noise(4, 5))
    result = filt("apply", "sobel-x", "a.png", "nope.png", "--json", code=1)
    assert [row["input"] for row in json.loads(result.stdout)] == ["a.png"]
    assert "nope.png" in result.stderr


def test_fail_fast_stops_at_the_first(filt):
    for name in ("a.png", "c.png"):
        save(name, noise(4, 5))
    result = filt("apply", "sobel-x", "a.png", "b.png", "c.png", "--fail-fast", code=1)
    assert result.stderr == "Error: b.png: no such file or directory\n"
    assert files() == ["a.png", "a.sobel-x.png", "c.png"]


def test_what_does_not_fit_one_picture_names_that_picture(filt):
    save("small.png", noise(4, 5))
    save("large.png", noise(40, 50))
    result = filt("apply", "gaussian:sigma=3", "large.png", "small.png", "--mode", "valid", code=1)
    assert result.stderr.startswith("Error: small.png: ")
    assert Path("large.gaussian-sigma-3.png").exists()
    result = filt("apply", "box:size=9", "small.png", "--mode", "valid", code=1)
    assert result.stderr.startswith("Error: small.png: ")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_progress_and_reports_do_not_share_a_line(filt, interpreter):
    for n in range(3):
        save(f"a{n}.png", noise(4, 5))
    terminal, end = os.openpty()
    interpreter("apply", "sobel-x", "a0.png", "a1.png", "a2.png", stdout=end, stderr=end)
    os.close(end)
    printed = b""
    with contextlib.suppress(OSError):  # what a terminal without a program answers
        while part := os.read(terminal, 65536):
            printed += part
    os.close(terminal)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", printed.decode())
    for n in range(3):
        assert re.search(rf"(?:^|[\r\n])a{n}\.sobel-x\.png: ", text), text


def test_jobs_change_nothing_but_the_time(filt):
    names = [f"a{n:02}.png" for n in range(12)]
    for n, name in enumerate(names):
        save(name, noise(30 + 7 * (n % 3), 40, 3, seed=n))
    Path("a05.png").write_bytes(b"no picture")
    Path("a07.png").write_bytes(Path("a06.png").read_bytes()[:300])
    said, pictures = set(), set()
    for jobs in ("1", "2", "5", "64", None):
        words = [] if jobs is None else ["--jobs", jobs]
        result = filt("apply", "sobel-x", *names, "-o", f"out{jobs}", *words, code=1)
        said.add((result.stdout.replace(f"out{jobs}/", ""), result.stderr))
        made = sorted(Path(f"out{jobs}").iterdir())
        pictures.add(tuple((path.name, path.read_bytes()) for path in made))
    assert len(said) == len(pictures) == 1
    ((out, errors),) = said
    good = [name for name in names if name not in ("a05.png", "a07.png")]
    assert [line.split(":")[0] for line in out.splitlines()] == [
        name.replace(".png", ".sobel-x.png") for name in good
    ]
    first, second, last = errors.splitlines()
    assert first.startswith("Error: a05.png: ")
    assert second.startswith("Error: a07.png: ")
    assert last == "2 of 12 pictures failed"


def test_jobs_are_at_least_one(filt):
    save("a.png", noise(4, 5))
    assert "--jobs" in filt("apply", "sobel-x", "a.png", "--jobs", "0", code=2).stderr


def test_no_more_pictures_than_jobs_are_in_work(filt, monkeypatch):
    at_work, most, lock = 0, 0, threading.Lock()
    meeting = threading.Barrier(3, timeout=30)

    def counted(*words, **options):
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        meeting.wait()  # nobody goes on alone: three there are
        with lock:
            at_work -= 1
        return read_image(*words, **options)

    for n in range(9):
        save(f"a{n}.png", noise(4, 5))
    monkeypatch.setattr("filt.commands.reading.read_image", counted)
    filt("apply", "sobel-x", *(f"a{n}.png" for n in range(9)), "--jobs", "3")
    assert most == 3


def test_a_fault_of_filts_own_is_raised_and_nothing_else_is_begun(filt, monkeypatch):
    begun = []

    def faulty(path, **options):
        begun.append(path)
        raise ZeroDivisionError

    for n in range(40):
        save(f"a{n}.png", noise(4, 5))
    monkeypatch.setattr("filt.commands.reading.read_image", faulty)
    before, names = cv2.getNumThreads(), [f"a{n}.png" for n in range(40)]
    with pytest.raises(ZeroDivisionError):
        filt("apply", "sobel-x", *names, "--jobs", "2", "-o", "out")
    assert cv2.getNumThreads() == before
    assert not Path("out").exists()
    assert 0 < len(begun) <= 40


@pytest.mark.skipif(os.name == "nt", reason="sends a signal")
def test_an_interrupt_leaves_whole_pictures_only(tmp_path):
    names = [f"a{n:03}.png" for n in range(200)]
    save(tmp_path / names[0], noise(300, 400, 3))
    for name in names[1:]:
        (tmp_path / name).write_bytes((tmp_path / names[0]).read_bytes())
    # Where the tests run in the background, the interrupt is ignored from the start.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from filt.cli import main; main(prog_name='filt')"
    )
    words = [sys.executable, "-c", program, "apply", "sobel-x", *names, "-o", "out", "--jobs", "3"]
    with subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        assert process.stdout.readline().startswith("out")
        process.send_signal(signals.SIGINT)
        _, message = process.communicate(timeout=60)
    assert process.returncode == 1
    assert message.split() == ["Aborted!"]
    made = list((tmp_path / "out").iterdir())
    assert 0 < len(made) < len(names)
    for path in made:
        assert path.suffix == ".png"
        assert load(path).shape == (300, 400)


def test_jobs_are_of_this_machine(filt):
    ended = filt("apply", "sobel", "a.png", "--jobs", 2, "--dask", "tcp://127.0.0.1:1", code=2)
    assert "a cluster has its own" in ended.stderr
