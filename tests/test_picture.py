# SPDX-License-Identifier: MIT
"""Pictures: whatever Pillow opens becomes upright sRGB; the rest is one clear error."""

import numpy as np
import pytest
from PIL import Image

from gsc_sdr.errors import ImageError
from gsc_sdr.picture import open_picture, save_picture

SIZE = (24, 16)  # width, height


@pytest.mark.parametrize(
    "mode", ["L", "RGB", "RGBA", "P", "CMYK", "1", "LA", "I;16", "YCbCr", "HSV"]
)
def test_every_mode_becomes_rgb(mode, tmp_path):
    path = tmp_path / ("a.tif" if mode in ("CMYK", "YCbCr", "HSV") else "a.png")
    grey = Image.new("L", SIZE, 128)
    if mode == "I;16":
        Image.fromarray(np.full(SIZE[::-1], 128 * 257, np.uint16)).save(path)
    else:
        image = grey.convert("RGB").convert(mode) if mode != "1" else grey.point(lambda v: v, "1")
        image.convert("RGB").save(path) if mode == "HSV" else image.save(path)
    pixels = open_picture(path)
    assert pixels.shape == (16, 24, 3)
    assert pixels.dtype == np.uint8
    if mode not in ("1", "P"):
        assert abs(int(pixels[8, 12, 0]) - 128) <= 2


def test_transparency_is_laid_on_white(tmp_path):
    Image.new("RGBA", SIZE, (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert (open_picture(tmp_path / "a.png") == 255).all()


def test_exif_rotation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", SIZE).save(tmp_path / "a.jpg", exif=exif)
    assert open_picture(tmp_path / "a.jpg").shape == (24, 16, 3)


def test_floating_point_picture(tmp_path):
    Image.fromarray(np.full((16, 24), np.nan, np.float32)).save(tmp_path / "a.tif")
    assert not open_picture(tmp_path / "a.tif").any()


def test_the_picture_that_ships_has_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert open_picture("demo").shape == (384, 512, 3)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ImageError, match="does not exist"):
        open_picture(tmp_path / "none.png")


@pytest.mark.parametrize("content", [b"", b"this is text", b"\x89PNG\r\n\x1a\n" + b"\0" * 30])
def test_what_is_no_picture_is_refused(content, tmp_path):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ImageError, match="cannot be read as a picture"):
        open_picture(tmp_path / "a.png")


def test_a_cut_picture_is_refused(tmp_path, rng):
    noise = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:2000])
    with pytest.raises(ImageError, match=r"a\.png"):
        open_picture(tmp_path / "a.png")


@pytest.mark.parametrize("size", [(2049, 1), (20_000, 20_000)])
def test_a_picture_too_large_is_refused_before_it_is_decoded(size, tmp_path):
    Image.new("1", size).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match="at most 2048"):
        open_picture(tmp_path / "a.png")


def test_saved_and_opened_again(tmp_path, rng):
    pixels = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    save_picture(pixels, tmp_path / "a.png")
    assert np.array_equal(open_picture(tmp_path / "a.png"), pixels)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(ImageError, match="--out"):
        save_picture(np.zeros((1, 1, 3), np.uint8), tmp_path / "none" / "a.png")
