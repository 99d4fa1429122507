"""The explorer in a browser: what it computes is what `filt explain` computes, to the last bit."""

from __future__ import annotations

import base64
import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from browser import headless_chromium, opened

from filt.filters.borders import BORDERS
from filt.filters.catalogue import kernel
from filt.filters.correlation import convolve, correlate
from filt.filters.errors import InputError
from filt.filters.explanation import explain
from filt.filters.files.reading import read_image
from filt.filters.filter import Filter
from filt.filters.kernel import Kernel
from filt.filters.palette import diverging
from filt.filters.picture import Picture
from filt.filters.showing import to_picture
from filt.filters.sizes import MODES, output_size_for
from filt.learned.named_banks import open_bank
from filt.learned.report import explorer

pytestmark = pytest.mark.browser

FOLDER = Path(explorer.__file__).parent / "page"
PHOTO = Path(__file__).parents[3] / "samples" / "photo.png"
WIDTH, HEIGHT = 61, 47

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>explorer</title>
<style>
:root { color-scheme: light dark; --ink: #18181b; --faint: #5f5f67; --paper: #fff; --line: #ddd; }
body { margin: 1rem; background: var(--paper); color: var(--ink); font: 1rem/1.45 sans-serif; }
{{ css|safe }}
</style></head>
<body>{% include "explorer.html.j2" %}<script>{{ js|safe }}</script></body></html>
"""


def luma_of(height, width, seed=1):
    """Luma as a colour picture has it: float32, not whole."""
    return np.random.default_rng(seed).uniform(0, 255, (height, width)).astype(np.float32)


PLANE = luma_of(HEIGHT, WIDTH)
PICTURE = Picture(PLANE, 255.0, np.dtype(np.float32))


def write_page(path, picture, groups, start="sobel-x"):
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
    )
    page = environment.from_string(PAGE).render(
        explorer=explorer.explorer_data(picture, groups, start),
        css=FOLDER.joinpath("explorer.css").read_text("utf-8"),
        js=FOLDER.joinpath("explorer.js").read_text("utf-8"),
    )
    path.write_text(page, "utf-8")
    return path


@pytest.fixture(scope="module")
def chromium():
    with headless_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    handcrafted = ["sobel-x", "roberts-falling", "central-y", "motion-blur", "box-blur", "emboss"]
    groups = {
        "handcrafted": [kernel(name) for name in [*handcrafted, "laplacian-of-gaussian", "gabor"]],
        "learned": open_bank("learned"),
        "<b>colour</b>": [Kernel(np.arange(12.0).reshape(2, 2, 3), name="</script>")],
    }
    return write_page(tmp_path_factory.mktemp("explorer") / "page.html", PICTURE, groups)


@pytest.fixture(scope="module")
def visit(chromium, file):
    """The page, which must neither report an error nor ask for anything."""
    with opened(chromium, file, viewport={"width": 1280, "height": 900}) as visited:
        visited.page.evaluate("window.atFirst = filtExplorer.state()")
        yield visited


@pytest.fixture
def page(visit):
    """The page as it was at first."""
    visit.page.evaluate("document.activeElement.blur(); filtExplorer.set(atFirst)")
    yield visit.page
    assert visit.errors == []
    assert visit.requests == []


def each(page, changes, asked="result()"):
    """What the page answers after each of the changes."""
    code = f"changes => changes.map((one) => (filtExplorer.set(one), filtExplorer.{asked}))"
    return page.evaluate(code, changes)


def change(page, **what):
    each(page, [what])


def state(page):
    return page.evaluate("filtExplorer.state()")


def place(page):
    now = state(page)
    return now["x"], now["y"]


def result(page):
    return page.evaluate("filtExplorer.result()")


def response(page, **change):
    (got,) = each(page, [change], "response()")
    return got and np.array(got["values"]).reshape(got["height"], got["width"])


def random_taps(rng):
    height, width = rng.integers(1, 8, 2)
    taps = rng.normal(size=(height, width)) * 10.0 ** rng.integers(-6, 7, (height, width))
    taps[rng.random(taps.shape) < 0.2] = 0
    return taps


def test_patch_products_and_sums_are_those_of_explain(page):
    rng = np.random.default_rng(1)
    offered = [*map(kernel, ("sobel-x", "roberts-falling", "motion-blur")), *open_bank("learned")]
    changes, explanations = [], []
    for _ in range(120):
        chosen = offered[rng.integers(len(offered))]
        x, y = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT))
        border = str(rng.choice(list(BORDERS)))
        changes.append({"kernel": chosen.name, "x": x, "y": y, "border": border})
        changes[-1]["stride"] = int(rng.integers(1, 5))
        if rng.random() < 0.6:
            chosen = Kernel(random_taps(rng))
            changes[-1]["taps"] = chosen.taps.tolist()
        explanations.append(explain(PLANE, chosen, x, y, border))
    for got, expected in zip(each(page, changes), explanations, strict=True):
        assert got["patch"] == expected.correlation.patch.tolist()
        for way in (expected.correlation, expected.convolution):
            assert got[way.operation]["taps"] == way.taps.tolist()
            assert got[way.operation]["products"] == way.products.tolist()
            assert got[way.operation]["sum"] == way.total
            assert got[way.operation]["angle"] == pytest.approx(way.angle, abs=1e-9)


def test_sums_are_exact_where_products_cancel(page):
    """Taps of every magnitude that nearly cancel: half-way cases and long carries."""
    rng = np.random.default_rng(2)
    changes, explanations = [], []
    for _ in range(100):
        taps = rng.choice([1.0, -1.0, 2.0**-53, 1e16, 3e-17, 0.1], (3, 5))
        taps *= 2.0 ** rng.integers(-60, 60, (3, 5))
        taps[:, 3:] = -taps[:, 1::-1]
        x, y = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT))
        changes.append({"taps": taps.tolist(), "x": x, "y": y})
        explanations.append(explain(PLANE, Kernel(taps), x, y))
    for got, expected in zip(each(page, changes), explanations, strict=True):
        # A whole double comes back as an int with as many digits as tell it from its neighbours.
        assert float(got["correlation"]["sum"]) == expected.correlation.total
        assert float(got["convolution"]["sum"]) == expected.convolution.total


def test_numbers_are_printed_as_python_prints_them(page):
    rng = np.random.default_rng(5)
    numbers = list(rng.normal(size=300) * 10.0 ** rng.integers(-12, 13, 300))
    numbers += [1234566.5, 1234567.5, -1234568.5, 0.00012345665, 1e-5, 123456.75, 99999995.0]
    numbers += [0.0, 5.0, -0.5, 1e7, 9999999.5, 1e22, 5e-324, 1.7976931348623157e308]
    got = page.evaluate("numbers => numbers.map((one) => filtExplorer.printed(one))", numbers)
    assert got == [f"{one:.7g}".replace("-", "−") for one in numbers]


@pytest.mark.parametrize("padding", MODES)
def test_outputs_have_the_size_that_filt_gives_them(page, padding):
    shapes = [(3, 3), (2, 2), (1, 9), (4, 1), (7, 6)]
    for shape, stride in itertools.product(shapes, [1, 2, 3, 7, 60]):
        taps = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
        change(page, taps=taps.tolist(), padding=padding, stride=stride)
        output = result(page)["output"]
        expected = correlate(PLANE, taps, mode=padding, stride=stride).shape
        assert (output["height"], output["width"]) == expected
        said = page.locator(".explorer-size td").all_inner_texts()
        for text, length, along in zip(said, (WIDTH, HEIGHT), shape[::-1], strict=True):
            assert text.startswith(f"⌊({length} + ")
            assert f" − {along}) / {stride}⌋ + 1" in text
            assert text.endswith(f" = {output_size_for(padding, length, along, stride)}")


def test_the_size_formula_has_its_numbers_filled_in(page):
    change(page, padding="full", stride=2)
    said = page.locator(".explorer-size td").all_inner_texts()
    assert said[0] == "⌊(61 + 2·2 − 3) / 2⌋ + 1 = ⌊62 / 2⌋ + 1 = 32"
    change(page, padding="keras-same", stride=2, taps=[[1, 2], [3, 4]])
    said = page.locator(".explorer-size td").all_inner_texts()
    assert said[1] == "⌊(47 + 0 + 1 − 2) / 2⌋ + 1 = ⌊46 / 2⌋ + 1 = 24"
    change(page, padding="valid", stride=4, taps=[[1, 2], [3, 4]])
    notes = page.locator("#explorer-size-says").inner_text()
    assert "the last 3 columns and the last row" in notes


@pytest.mark.parametrize("padding", MODES)
def test_outputs_are_those_of_correlate_and_convolve(page, padding):
    rng = np.random.default_rng(8)
    ways = [("correlation", correlate), ("convolution", convolve)]
    for border, (shape, stride) in itertools.product(BORDERS, [((3, 3), 1), ((4, 2), 3)]):
        taps = rng.normal(size=shape)
        for operation, function in ways:
            how = {"padding": padding, "border": border, "stride": stride, "operation": operation}
            got = response(page, taps=taps.tolist(), **how)
            expected = function(
                PLANE.astype(np.float64), taps, mode=padding, border=border, stride=stride
            )
            assert got.shape == expected.shape
            largest = 255 * np.abs(taps).sum()
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12 * largest)


@pytest.mark.parametrize("padding", MODES)
@pytest.mark.parametrize("stride", [1, 2, 5])
def test_where_a_stride_lands_the_output_is_the_sum(page, padding, stride):
    taps = np.random.default_rng(9).normal(size=(3, 4))
    how = {"taps": taps.tolist(), "padding": padding, "stride": stride, "border": "wrap"}
    output = response(page, **how)
    ys, xs = ([*range(7), length - 2, length - 1] for length in (HEIGHT, WIDTH))
    seen = set()
    for got in each(page, [{"x": x, "y": y} for y, x in itertools.product(ys, xs)]):
        at = got["output"]["at"]
        if at:
            seen.add((at["x"], at["y"]))
            close = pytest.approx(got["correlation"]["sum"], rel=1e-9, abs=1e-9)
            assert output[at["y"], at["x"]] == close
    assert len(seen) >= (9 // stride) ** 2 // 2


def test_a_kernel_that_does_not_fit_has_no_output(chromium, tmp_path):
    groups = {"one": [kernel("sobel-x"), kernel("motion-blur")]}
    small = write_page(tmp_path / "small.html", luma_of(5, 4), groups)
    with opened(chromium, small) as visited:
        change(visited.page, kernel="motion-blur", padding="valid")
        with pytest.raises(InputError):
            correlate(luma_of(5, 4), "motion-blur", mode="valid")
        assert response(visited.page) is None
        assert "no window fits" in visited.page.locator("#explorer-size-width").inner_text()
        assert result(visited.page)["patch"] == pytest.approx(
            explain(luma_of(5, 4), kernel("motion-blur"), *place(visited.page)).correlation.patch
        )
        assert visited.errors == []


@pytest.mark.parametrize("name", ["sobel-x", "box-blur", "emboss", "learned:4"])
def test_the_output_is_drawn_as_filt_shows_it(page, name):
    chosen = open_bank("learned")[4] if ":" in name else kernel(name)
    show = Filter(name, (chosen,)).show
    change(page, kernel=name)
    assert result(page)["output"]["show"] == show
    canvas = "document.querySelector('#explorer-output canvas')"
    _, _, encoded = page.evaluate(f"{canvas}.toDataURL()").partition("base64,")
    stored = np.frombuffer(base64.b64decode(encoded), np.uint8)
    pixels = cv2.imdecode(stored, cv2.IMREAD_COLOR).astype(int)
    expected = to_picture(correlate(PLANE, chosen), show, full_scale=255.0).astype(int)
    assert np.abs(pixels[..., 0] - expected).max() <= 1
    assert (pixels[..., 0] == pixels[..., 2]).all()
    change(page, drawn="signs")
    assert "blue below zero" in page.locator("#explorer-output-says").inner_text()


def cells(page, name):
    rows = page.locator(f'[data-explorer="{name}"] tr')
    return [row.split("\t") for row in rows.all_inner_texts()]


def test_the_tables_show_what_is_computed(page):
    change(page, kernel="learned:2", x=0, y=3, border="zero")
    expected = explain(PLANE, open_bank("learned")[2], 0, 3, "zero")

    def printed(values):
        return [[f"{v:.7g}".replace("-", "−") if v else "0" for v in row] for row in values]

    assert cells(page, "patch") == printed(expected.correlation.patch)
    assert cells(page, "correlation-products") == printed(expected.correlation.products)
    assert cells(page, "convolution-products") == printed(expected.convolution.products)
    assert cells(page, "convolution-taps") == printed(expected.convolution.taps)
    inputs = page.locator('[data-explorer="correlation-taps"] input')
    shown = [inputs.nth(n).input_value() for n in range(49)]
    assert shown == [text for row in printed(expected.correlation.taps) for text in row]
    sums = [
        f"{way.total:.7g}".replace("-", "−") for way in (expected.correlation, expected.convolution)
    ]
    statement = page.locator("#explorer-statement").inner_text()
    assert statement == (
        f"learned:2 at 0,3: sum {sums[0]} by correlation, {sums[1]} by convolution"
    )
    taps = page.locator('[data-explorer="correlation-taps"] td')
    colours = diverging(expected.correlation.taps, np.abs(expected.correlation.taps).max())
    for number in (0, 10, 24):
        background = taps.nth(number).evaluate("cell => cell.style.backgroundColor")
        assert background == f"rgb({', '.join(map(str, colours.reshape(-1, 3)[number]))})"


def test_taps_are_edited_in_place(page):
    change(page, x=20, y=20)
    first = page.locator('[data-explorer="correlation-taps"] input').first
    first.fill("1/9")
    assert state(page)["taps"][0] == [1 / 9, 0, 1]
    assert "edited" in page.locator("#explorer-statement").inner_text()
    first.fill("−2.5e-1")
    assert state(page)["taps"][0] == [-0.25, 0, 1]
    expected = explain(PLANE, Kernel([[-0.25, 0, 1], [-2, 0, 2], [-1, 0, 1]]), 20, 20)
    assert result(page)["correlation"]["sum"] == expected.correlation.total
    for wrong in ("abc", "", "1/0", "1e999", "0x10", "1 2"):
        first.fill(wrong)
        assert first.get_attribute("aria-invalid") == "true"
        assert state(page)["taps"][0] == [-0.25, 0, 1]
        assert "no number" in page.locator("#explorer-taps-say").inner_text()
    first.blur()
    assert (first.input_value(), first.get_attribute("aria-invalid")) == ("−0.25", None)
    page.locator("#explorer-reset").click()
    assert state(page)["taps"] == kernel("sobel-x").taps.tolist()
    assert first.input_value() == "−1"


def test_the_pointer_moves_the_pixel_and_a_click_holds_it(page):
    page.locator("#explorer-photo").scroll_into_view_if_needed()
    box = page.locator("#explorer-photo").bounding_box()

    def point(x, y, move=page.mouse.move):
        across, down = (x + 0.5) * box["width"] / WIDTH, (y + 0.5) * box["height"] / HEIGHT
        move(box["x"] + across, box["y"] + down)

    point(10, 40)
    assert place(page) == (10, 40)
    point(11, 3, page.mouse.click)
    point(50, 20)
    assert place(page) == (11, 3)
    page.keyboard.press("Escape")
    point(50, 21)
    assert place(page) == (50, 21)
    point(60, 46)
    assert place(page) == (60, 46)


def test_a_finger_drags_the_pixel(chromium, file):
    how = {"has_touch": True, "is_mobile": True, "viewport": {"width": 390, "height": 844}}
    with opened(chromium, file, **how) as visited:
        page = visited.page
        page.locator("#explorer-photo").scroll_into_view_if_needed()
        box = page.locator("#explorer-photo").bounding_box()
        session = page.context.new_cdp_session(page)

        def touch(kind, *pixels):
            points = [
                {
                    "x": box["x"] + (x + 0.5) * box["width"] / WIDTH,
                    "y": box["y"] + (y + 0.5) * box["height"] / HEIGHT,
                }
                for x, y in pixels
            ]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", (5, 6))
        assert place(page) == (5, 6)
        touch("touchMove", (30, 44))
        touch("touchEnd")
        assert place(page) == (30, 44)
        assert visited.errors == []


def test_arrow_keys_move_by_a_stride(page):
    change(page, x=20, y=20)
    page.locator("#explorer-photo").focus()
    for key, expected in [
        ("ArrowRight", (21, 20)),
        ("ArrowDown", (21, 21)),
        ("ArrowLeft", (20, 21)),
        ("ArrowUp", (20, 20)),
        ("Shift+ArrowRight", (30, 20)),
        ("Shift+ArrowUp", (30, 10)),
        ("Shift+ArrowUp", (30, 0)),
        ("ArrowUp", (30, 0)),
    ]:
        page.keyboard.press(key)
        assert place(page) == expected
    page.locator("#explorer-stride").fill("4")
    assert place(page) == (32, 0)
    page.locator("#explorer-photo").focus()
    page.keyboard.press("ArrowRight")
    assert place(page) == (36, 0)
    page.locator("#explorer-padding").select_option("valid")
    assert place(page) == (37, 1)


def test_numbers_that_are_none_are_marked_and_not_used(page):
    for name, right, wrong in [
        ("x", "7", ("61", "-1", "1.5", "x", "")),
        ("y", "46", ("47",)),
        ("stride", "3", ("0", "2.5", "")),
    ]:
        field = page.locator(f"#explorer-{name}")
        field.fill(right)
        assert state(page)[name] == int(right)
        for text in wrong:
            field.fill(text)
            assert field.get_attribute("aria-invalid") == "true"
            assert state(page)[name] == int(right)
        field.blur()
        assert (field.input_value(), field.get_attribute("aria-invalid")) == (right, None)


def test_every_kernel_can_be_chosen(page):
    select = page.locator("#explorer-kernel")
    labels = select.locator("option").all_inner_texts()
    assert "gabor" not in labels
    assert "</script> green" in labels
    for number in (0, 3, 9, len(labels) - 2):
        select.select_option(index=number)
        assert state(page)["kernel"] == labels[number]
    assert state(page)["taps"] == [[1, 4], [7, 10]]
    assert "gabor" in page.locator(".explorer-notes").inner_text()


def test_the_hook_refuses_what_cannot_be(page):
    before = state(page)
    for wrong in (
        {"x": WIDTH},
        {"y": -1},
        {"stride": 0},
        {"border": "reflect"},
        {"padding": "none"},
        {"kernel": "none"},
        {"taps": [[1], [1, 2]]},
        {"taps": []},
        {"operation": "both"},
    ):
        said = page.evaluate(
            "change => { try { filtExplorer.set(change) } catch (error) { return error.name } }",
            wrong,
        )
        assert said == "RangeError"
    assert state(page) == before


def test_the_sum_is_said_aloud(page):
    change(page, x=3, y=3)
    change(page, x=4, y=5)
    total = explain(PLANE, kernel("sobel-x"), 4, 5).correlation.total
    said = page.locator("#explorer-said")
    assert said.get_attribute("aria-live") == "polite"
    said.filter(has_text=f"{total:.7g}".replace("-", "−")).wait_for(state="attached")


def test_everything_has_a_name(page):
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("input, select, button, canvas, table, [tabindex]")]
          .filter((one) => !(one.labels?.length || one.getAttribute("aria-label") ||
            one.caption?.textContent.trim() || one.getAttribute("aria-hidden") ||
            (one.tagName === "BUTTON" && one.textContent.trim())))
          .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    foreign = page.evaluate(
        """() => [...document.querySelectorAll("#explorer-root [id], #explorer-root [class]")]
          .flatMap((one) => [...one.classList, one.id])
          .filter((name) => name && !name.startsWith("explorer-"))"""
    )
    assert foreign == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_width(chromium, file, scheme):
    with opened(chromium, file, color_scheme=scheme) as visited:
        for width in (360, 640, 900, 1400):
            visited.page.set_viewport_size({"width": width, "height": 800})
            for name in ("sobel-x", "learned:0", "laplacian-of-gaussian", "motion-blur"):
                change(visited.page, kernel=name)
                assert visited.page.evaluate("document.documentElement.scrollWidth") <= width
        assert (visited.errors, visited.requests) == ([], [])


def test_without_javascript_one_pixel_is_explained(chromium, file):
    with opened(chromium, file, java_script_enabled=False) as visited:
        text = visited.page.locator("#explorer-root").inner_text()
        assert not visited.page.locator("#explorer-kernel").is_visible()
        tables = visited.page.locator("table:visible").count()
    assert "Without it, one pixel stands for all" in text
    assert "by correlation" in text
    assert tables == 5


def test_on_paper_it_keeps_its_numbers_and_drops_its_controls(page):
    page.emulate_media(media="print")
    try:
        assert not page.locator("#explorer-kernel").is_visible()
        assert not page.locator("#explorer-reset").is_visible()
        assert page.locator("#explorer-statement").is_visible()
        assert page.locator("table:visible").count() == 6
    finally:
        page.emulate_media(media="screen")


def test_the_photo_of_the_samples(chromium, tmp_path):
    groups = {"handcrafted": [kernel("sobel-x")], "learned": open_bank("learned")}
    photo = write_page(tmp_path / "photo.html", read_image(PHOTO), groups)
    assert photo.stat().st_size < 1_600_000
    with opened(chromium, photo) as visited:
        notes = visited.page.locator(".explorer-notes").inner_text()
        assert "reduced" not in notes
        assert (visited.errors, visited.requests) == ([], [])
