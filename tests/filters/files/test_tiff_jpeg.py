"""TIFFs whose strips or tiles are JPEGs: as libtiff reads them, and refused where damaged."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from jpeg_tiffs import BLACK_IS_ZERO, RGB, WHITE_IS_ZERO, YCBCR, jpeg, jpeg_tiff, smooth
from PIL import Image
from tiff_files import CORRUPT, refused, save

from filt.filters.errors import ReadError
from filt.filters.files.reading import read_image
from filt.filters.streams import tiff_source
from filt.filters.streams.formats import open_rows

GREY, COLOUR = smooth((83, 61)), smooth((83, 61, 3))
LAYOUTS = {
    "strips": {},
    "one strip": {"rows": 83},
    "tiles": {"tile": (32, 16)},
    "one tile": {"tile": (64, 96)},
}


def check_refused(path: Path, reason: str) -> None:
    refused(path, reason)
    with pytest.raises(ReadError) as caught:
        every_row(path)
    assert str(caught.value) == f"{path}: {reason}"


def every_row(path: Path) -> None:
    with open_rows(path) as rows:
        for start in range(rows.shape[0]):
            rows[start : start + 1]


def read_twice(path: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """What is read in memory, which must be what is read some rows at a time."""
    monkeypatch.setattr(tiff_source, "_BAND_BYTES", 2000)
    monkeypatch.setattr(tiff_source, "_PART_BYTES", 900)
    pixels = read_image(path).pixels
    with open_rows(path) as rows:
        assert (rows.shape, rows.dtype) == (pixels.shape, np.uint8)
        for start in range(len(pixels) - 5, -1, -5):
            np.testing.assert_array_equal(rows[start : start + 5], pixels[start : start + 5])
    return pixels


class TestReading:
    @pytest.mark.parametrize("layout", LAYOUTS)
    @pytest.mark.parametrize("apart", [True, False], ids=["tables apart", "tables inside"])
    @pytest.mark.parametrize("photometric", [WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, YCBCR])
    @pytest.mark.parametrize("how", [{}, {"quality": 70, "subsampling": 2}, {"progressive": True}])
    def test_as_libtiff(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, how, photometric, apart, layout
    ) -> None:
        grey = photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO)
        pixels = GREY if grey else COLOUR
        if photometric != YCBCR:
            how = {key: value for key, value in how.items() if key != "subsampling"}
        if "progressive" in how:
            apart = False  # every scan has Huffman tables of its own
        data = jpeg_tiff(pixels, photometric=photometric, apart=apart, **LAYOUTS[layout], **how)
        found = read_twice(save(tmp_path, data), monkeypatch)
        with Image.open(io.BytesIO(data)) as image:
            expected = np.array(image)
        # Two libraries, which may have been built with two versions of libjpeg.
        assert np.abs(found.astype(int) - expected).max() <= 1
        if "quality" not in how:
            meant = 255 - pixels if photometric == WHITE_IS_ZERO else pixels
            assert np.abs(found.astype(int) - meant).max() <= 4

    def test_the_tiff_says_what_samples_mean(self, tmp_path: Path, monkeypatch) -> None:
        """Whatever is written into the JPEGs: a JFIF file is always luma and colours."""
        data = jpeg_tiff(COLOUR, photometric=YCBCR, apart=False)
        assert b"JFIF" in data
        entry = struct.pack("<HHIHH", 262, 3, 1, YCBCR, 0)
        assert data.count(entry) == 1
        raw = data.replace(entry, struct.pack("<HHIHH", 262, 3, 1, RGB, 0))
        found = read_twice(save(tmp_path, raw), monkeypatch)
        luma = COLOUR @ np.array([0.299, 0.587, 0.114])
        assert np.abs(found[..., 0] - luma).max() <= 3

    def test_what_is_written_beside_the_pixels_does_not_matter(self, tmp_path, monkeypatch) -> None:
        plain = jpeg_tiff(COLOUR, apart=False)
        exif = Image.Exif()
        exif[274] = 6
        noted = jpeg_tiff(COLOUR, apart=False, exif=exif.tobytes(), comment=b"a comment")
        assert b"a comment" in noted
        expected = read_twice(save(tmp_path, plain), monkeypatch)
        np.testing.assert_array_equal(read_twice(save(tmp_path, noted), monkeypatch), expected)

    def test_restarts(self, tmp_path: Path, monkeypatch) -> None:
        data = jpeg_tiff(COLOUR, restart_marker_blocks=3)
        assert b"\xff\xd0" in data
        found = read_twice(save(tmp_path, data), monkeypatch)
        assert np.abs(found.astype(int) - COLOUR).max() <= 4

    def test_tables_say_nothing_but_codes_and_steps(self, tmp_path: Path, monkeypatch) -> None:
        """An interval of restarts ends with the JPEG that it is in."""

        def change(tags):
            start, rest = tags[347][1][:2], tags[347][1][2:]
            return tags | {347: (7, [*start, 0xFF, 0xDD, 0, 4, 0, 3, *rest])}

        plain = read_twice(save(tmp_path, jpeg_tiff(COLOUR)), monkeypatch)
        found = read_twice(save(tmp_path, jpeg_tiff(COLOUR, change=change)), monkeypatch)
        np.testing.assert_array_equal(found, plain)

    def test_a_last_strip_that_is_filled_up(self, tmp_path: Path, monkeypatch) -> None:
        padded = np.pad(GREY, ((0, 13), (0, 0)), mode="edge")

        def change(tags):
            return tags | {257: (4, [83])}

        found = read_twice(save(tmp_path, jpeg_tiff(padded, change=change)), monkeypatch)
        assert np.abs(found.astype(int) - GREY).max() <= 4


class TestNotRead:
    @pytest.mark.parametrize(
        ("changed", "says"),
        [
            ({284: (3, [2])}, "a plane for every sample"),
            ({258: (3, [12] * 3)}, "3 samples a pixel of 12-bit unsigned integers and photometric"
             " interpretation 6"),
            ({277: (3, [4]), 262: (3, [5])}, "4 samples a pixel of 8-bit unsigned integers and"
             " photometric interpretation 5"),
            ({277: (3, [4]), 262: (3, [2]), 338: (3, [2])}, "4 samples a pixel of 8-bit unsigned"
             " integers and photometric interpretation 2"),
            ({322: (4, [24]), 323: (4, [16])}, "tiles of 24 x 16"),
            ({259: (3, [5])}, "3 samples a pixel of 8-bit unsigned integers and photometric"
             " interpretation 6"),
        ],
    )  # fmt: skip
    def test_kinds(self, tmp_path: Path, changed, says: str) -> None:
        data = jpeg_tiff(COLOUR, change=lambda tags: tags | changed)
        check_refused(save(tmp_path, data), f"TIFF with {says} is not read yet")

    def test_twelve_bits_inside(self, tmp_path: Path) -> None:
        data = jpeg_tiff(GREY)
        frame = data.index(b"\xff\xc0")
        data = data[: frame + 4] + b"\x0c" + data[frame + 5 :]
        wanted = "TIFF with lossless, arithmetic or 12-bit coding is not read yet"
        check_refused(save(tmp_path, data), wanted)


class TestDamage:
    @pytest.mark.parametrize("layout", ["strips", "tiles"])
    def test_truncation_anywhere(self, tmp_path: Path, layout: str, capfd) -> None:
        data = jpeg_tiff(COLOUR[:40, :40], quality=60, **LAYOUTS[layout])
        for length in range(8, len(data), 37):
            check_refused(save(tmp_path, data[:length]), CORRUPT)
        assert capfd.readouterr() == ("", "")

    def test_a_piece_that_ends_early(self, tmp_path: Path, capfd) -> None:
        """libtiff takes what is there and makes the rest up."""

        def change(tags):
            kind, counts = tags[325]
            return tags | {325: (kind, [*counts[:-1], counts[-1] // 2])}

        data = jpeg_tiff(COLOUR, tile=(32, 16), change=change)
        check_refused(save(tmp_path, data), CORRUPT)
        assert capfd.readouterr() == ("", "")

    def test_a_byte_in_the_middle(self, tmp_path: Path, capfd) -> None:
        """A marker where none can be: the decoder says so, and we listen."""
        data = bytearray(jpeg_tiff(COLOUR, tile=(64, 96), apart=False))
        place = data.index(b"\xff\xda") + 400
        data[place : place + 2] = b"\xff\xd5"
        check_refused(save(tmp_path, bytes(data)), CORRUPT)
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize(
        "tables",
        [None, [], [0], list(b"\xff\xd8\xff\xd9"), list(b"\xff\xd8\xff"), list(b"GIF89a")],
        ids=["none", "empty", "a byte", "nothing inside", "cut", "another"],
    )
    def test_tables(self, tmp_path: Path, tables, capfd) -> None:
        def change(tags):
            tags = dict(tags)
            del tags[347]
            return tags if tables is None else tags | {347: (7, tables)}

        check_refused(save(tmp_path, jpeg_tiff(GREY, change=change)), CORRUPT)
        assert capfd.readouterr() == ("", "")

    def test_tables_that_are_a_picture(self, tmp_path: Path, capfd) -> None:
        whole = list(jpeg(GREY, quality=100))
        data = jpeg_tiff(GREY, change=lambda tags: tags | {347: (7, whole)})
        np.testing.assert_allclose(read_image(save(tmp_path, data)).pixels, GREY, atol=4)
        long = list(jpeg(GREY, comment=bytes(16_000)))
        data = jpeg_tiff(GREY, change=lambda tags: tags | {347: (7, long)})
        check_refused(save(tmp_path, data), CORRUPT)
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize(
        "changed",
        [{256: (4, [60])}, {256: (4, [62])}, {278: (4, [15])}, {257: (4, [90])}],
        ids=["narrower", "wider", "lower", "higher"],
    )
    def test_strips_of_another_size(self, tmp_path: Path, changed, capfd) -> None:
        data = jpeg_tiff(COLOUR, change=lambda tags: tags | changed)
        check_refused(save(tmp_path, data), CORRUPT)
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize("size", [(16, 16), (32, 32), (16, 32), (64, 16), (48, 16)])
    def test_tiles_of_another_size(self, tmp_path: Path, size: tuple[int, int], capfd) -> None:
        def change(tags):
            return tags | {322: (4, [size[0]]), 323: (4, [size[1]])}

        data = jpeg_tiff(COLOUR, tile=(32, 16), change=change)
        check_refused(save(tmp_path, data), CORRUPT)
        assert capfd.readouterr() == ("", "")

    def test_another_number_of_samples(self, tmp_path: Path, capfd) -> None:
        grey = jpeg_tiff(GREY, change=lambda tags: tags | {277: (3, [3]), 262: (3, [YCBCR])})
        check_refused(save(tmp_path, grey), CORRUPT)
        colour = {277: (3, [1]), 258: (3, [8]), 262: (3, [BLACK_IS_ZERO])}
        data = jpeg_tiff(COLOUR, change=lambda tags: tags | colour)
        check_refused(save(tmp_path, data), CORRUPT)
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize("where", ["tables", "pieces", "behind"])
    def test_markers_without_end(self, tmp_path: Path, where: str) -> None:
        """Each of many small tiles would be walked through them, again and again."""
        empty = b"\xff\xe0\x00\x02"
        before, scan = b"\xff\xd8", b"\xff\xda"

        def change(tags):
            if where == "tables":
                tables = bytes(tags[347][1])
                return tags | {347: (7, list(before + 300 * empty + tables[2:]))}
            kind, counts = tags[279]
            return tags | {279: (kind, [counts[0] + 4 * 300, *counts[1:]])}

        plain = jpeg_tiff(GREY, rows=83)
        changed = jpeg_tiff(GREY, rows=83, change=change)
        read_image(save(tmp_path, plain))
        if where != "tables":
            # Nothing but the one strip and the directory, which is found by its place.
            place = struct.unpack("<I", plain[4:8])[0]
            strip = changed[8:place].rstrip(b"\0")
            at = 2 if where == "pieces" else strip.index(scan) + 10
            if where == "behind":
                at = strip.rindex(b"\xff\xd9")
            strip = strip[:at] + 300 * empty + strip[at:]
            strip += bytes(len(strip) % 2)
            moved = bytearray(changed[:8] + strip)
            by = len(moved) - place
            moved[4:8] = struct.pack("<I", len(moved))
            directory = bytearray(changed[place:])
            count = struct.unpack("<H", directory[:2])[0]
            for number in range(count):
                entry = 2 + 12 * number
                kind, many, value = struct.unpack("<HII", directory[entry + 2 : entry + 12])
                if many * {1: 1, 3: 2, 4: 4, 7: 1}[kind] > 4:
                    directory[entry + 8 : entry + 12] = struct.pack("<I", value + by)
            changed = bytes(moved + directory)
        check_refused(save(tmp_path, changed), CORRUPT)

    def test_a_tile_far_larger_than_the_picture(self, tmp_path: Path) -> None:
        huge = {322: (4, [16_000]), 323: (4, [16_000])}
        data = jpeg_tiff(GREY[:16, :16], tile=(16, 16), change=lambda tags: tags | huge)
        path = save(tmp_path, data)
        with pytest.raises(ReadError, match="16000 x 16000 pixels: 256 megapixels, the limit is"):
            read_image(path)
        with pytest.raises(ReadError, match=CORRUPT):
            every_row(path)

    def test_a_strip_where_the_header_is(self, tmp_path: Path) -> None:
        def change(tags):
            return tags | {273: (4, [4, *tags[273][1][1:]])}

        check_refused(save(tmp_path, jpeg_tiff(GREY, change=change)), CORRUPT)

    def test_a_bomb_costs_nothing(self, tmp_path: Path) -> None:
        """A tile that says it is huge, in a few hundred bytes."""
        data = bytearray(jpeg_tiff(GREY[:16, :16], tile=(16, 16), apart=False))
        frame = data.index(b"\xff\xc0")
        data[frame + 5 : frame + 9] = struct.pack(">HH", 9_984, 9_984)
        for tag in (256, 257, 322, 323):
            entry = data.index(struct.pack("<HHI", tag, 4, 1), frame)
            data[entry + 8 : entry + 12] = struct.pack("<I", 9_984)
        check_refused(save(tmp_path, bytes(data)), CORRUPT)
