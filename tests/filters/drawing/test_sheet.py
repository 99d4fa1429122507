from __future__ import annotations

import cv2
import numpy as np
import pytest

from filt.filters.drawing.sheet import DEFAULT_SHEET, SHOWN_AS, SheetRow, sheet_png, sheet_rows
from filt.filters.errors import InputError
from filt.filters.filter import Filter
from filt.filters.kernel import Kernel
from filt.filters.picture import Picture
from filt.filters.pipeline import Pipeline
from filt.filters.placement import Placement
from filt.filters.registry import FILTERS, handcrafted
from filt.filters.showing import SHOWS


def pipeline(*names: str) -> Pipeline:
    return Pipeline(tuple(handcrafted(name) for name in names))


def grey(pixels) -> Picture:
    return Picture(np.asarray(pixels, np.uint8), 255.0, np.dtype(np.uint8))


def holds(picture, part) -> bool:
    """Whether `part` occurs in `picture`, pixel for pixel."""
    part = np.repeat(part[:, :, None], 3, axis=2) if part.ndim == 2 else part
    _, _, (x, y), _ = cv2.minMaxLoc(cv2.matchTemplate(picture, part, cv2.TM_SQDIFF))
    return np.array_equal(picture[y : y + part.shape[0], x : x + part.shape[1]], part)


def noise(height, width, channels=(), seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, *channels), np.uint8)


def test_the_default_sheet_is_ten_names_of_the_registry():
    assert len(set(DEFAULT_SHEET)) == 10
    assert set(DEFAULT_SHEET) <= set(FILTERS)
    made = sheet_rows(grey(noise(6, 7)), [pipeline(name) for name in DEFAULT_SHEET])
    assert tuple(row.name for row in made) == DEFAULT_SHEET
    assert [row.show for row in made] == [
        *["clip", "abs", "abs", "abs", "clip", "clip", "clip", "abs", "abs", "abs"]
    ]
    assert all(row.meaning and row.kernels for row in made)


def test_every_way_of_showing_is_explained():
    assert set(SHOWN_AS) == set(SHOWS)


def test_a_row_is_the_response_shown_by_the_filters_own_way():
    image = noise(9, 8)
    (made,) = sheet_rows(grey(image), [pipeline("sobel-x")])
    taps = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    for y in range(1, 8):
        for x in range(1, 7):
            response = sum(
                taps[i][j] * int(image[y + i - 1, x + j - 1]) for i in range(3) for j in range(3)
            )
            assert made.pixels[y, x] == min(abs(response), 255)
    assert made.pixels.dtype == np.uint8
    assert made.show == "abs"


def test_colours_stay_colours_and_edges_are_grey():
    image = noise(5, 6, (3,))
    same, edges = sheet_rows(grey(image), [pipeline("identity"), pipeline("sobel")])
    assert np.array_equal(same.pixels, image)
    assert edges.pixels.shape == (5, 6)
    assert [kernel.name for kernel in edges.kernels] == ["sobel-x", "sobel-y"]


def test_a_pipeline_names_all_that_it_does():
    (made,) = sheet_rows(grey(noise(9, 9)), [pipeline("box-blur", "sobel")])
    assert made.name == "box-blur+sobel"
    assert [kernel.name for kernel in made.kernels] == ["box-blur", "sobel-x", "sobel-y"]
    blur, edges = FILTERS["box-blur"].meaning, FILTERS["sobel"].meaning
    assert made.meaning == f"{blur}, then {edges}"


def test_the_depth_of_a_picture_does_not_show():
    image = noise(5, 6)
    names = [pipeline("identity"), pipeline("sharpen"), pipeline("laplacian4")]
    wide = Picture(image.astype(np.uint16) * 257, 65535.0, np.dtype(np.uint16))
    unit = Picture(image.astype(np.float32) / 255, 1.0, np.dtype(np.float32))
    for other in (wide, unit):
        for one, same in zip(sheet_rows(other, names), sheet_rows(grey(image), names), strict=True):
            assert np.abs(one.pixels.astype(int) - same.pixels).max() <= 1


def test_a_wide_picture_is_filtered_before_it_is_averaged_down():
    stripes = np.tile(np.array([0, 0, 255, 255], np.uint8), (8, 240))
    edges, same = sheet_rows(grey(stripes), [pipeline("central-x"), pipeline("identity")])
    assert edges.pixels.shape == (4, 480)
    # |right − left| is 255 everywhere; of the averaged picture it would be 0.
    assert (edges.pixels[:, 1:-1] == 255).all()
    assert (same.pixels[:, ::2] == 0).all()
    assert (same.pixels[:, 1::2] == 255).all()


@pytest.mark.parametrize(
    ("shape", "fitted"),
    [((300, 480), (300, 480)), ((960, 480), (480, 240)), ((2, 5000), (1, 480)), ((3, 2), (3, 2))],
)
def test_no_side_is_longer_than_asked(shape, fitted):
    (made,) = sheet_rows(grey(np.full(shape, 7)), [pipeline("identity")])
    assert made.pixels.shape == fitted
    assert (made.pixels == 7).all()


def test_what_is_transparent_lies_on_white():
    image = np.full((4, 4, 3), 100, np.uint8)
    alpha = np.ones((4, 4), np.float32)
    alpha[0, 0], alpha[0, 1] = 0.0, 0.5
    picture = Picture(image, 255.0, np.dtype(np.uint8), alpha)
    (made,) = sheet_rows(picture, [pipeline("identity")])
    assert made.pixels[0, 0].tolist() == [255] * 3
    assert made.pixels[0, 1].tolist() == [178] * 3  # 0.5 · 100 + 0.5 · 255, to even
    assert made.pixels[3, 3].tolist() == [100] * 3


def test_showing_placement_and_channels_can_be_asked_for():
    image = grey(noise(9, 9, (3,)))
    (signed,) = sheet_rows(image, [pipeline("sobel-x")], show="signed")
    assert signed.show == "signed"
    (valid,) = sheet_rows(image, [pipeline("sobel-x")], placement=Placement(mode="valid"))
    assert valid.pixels.shape == (7, 7)
    (each,) = sheet_rows(image, [pipeline("sobel-x")], channels="each")
    assert each.pixels.shape == (9, 9, 3)
    with pytest.raises(InputError, match="show must be one of"):
        sheet_rows(image, [pipeline("sobel-x")], show="pretty")
    with pytest.raises(InputError, match="largest_side must be at least 1"):
        sheet_rows(image, [pipeline("sobel-x")], largest_side=0)


def test_the_sheet_holds_every_picture():
    image = noise(200, 300, (3,))
    names = ["identity", "sobel", "kirsch", "gabor", "box-blur"]
    rows = sheet_rows(grey(image), [pipeline(name) for name in names])
    sheet = sheet_png(rows, "größe 画 " * 40)
    assert sheet.dtype == np.uint8
    assert sheet.shape[2] == 3
    assert all(holds(sheet, row.pixels) for row in rows)


def test_small_pictures_are_enlarged_by_whole_numbers():
    image = noise(10, 20)
    (made,) = sheet_rows(grey(image), [pipeline("identity")])
    assert np.array_equal(made.pixels, image)
    assert holds(sheet_png([made]), image.repeat(12, axis=0).repeat(12, axis=1))


@pytest.mark.parametrize(("count", "least", "most"), [(1, 1, 3), (6, 1, 3), (10, 1, 3), (48, 1, 3)])
def test_a_sheet_is_about_as_wide_as_a_slide(count, least, most):
    rows = sheet_rows(grey(noise(320, 480)), [pipeline("box-blur")]) * count
    height, width = sheet_png(rows).shape[:2]
    assert least <= width / height <= most


def test_kernels_over_channels_are_drawn_by_channel():
    taps = np.random.default_rng(2).normal(size=(3, 3, 3))
    learned = Filter("learned:7", (Kernel(taps, name="learned:7"),))
    many = Filter("all", tuple(Kernel([[n + 1.0]], name=f"k{n}") for n in range(30)), "largest")
    rows = sheet_rows(grey(noise(40, 40, (3,))), [Pipeline((learned,)), Pipeline((many,))])
    assert rows[0].pixels.shape == (40, 40)
    assert sheet_png(rows).ndim == 3


def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(InputError, match="at least one filter"):
        sheet_png([])


def test_a_row_without_kernels_can_be_drawn():
    bare = SheetRow("canny", "thin edges", (), "edges", noise(20, 30))
    assert sheet_png([bare]).ndim == 3
