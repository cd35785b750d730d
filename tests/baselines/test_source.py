# SPDX-License-Identifier: MIT
"""Image codecs without containers: the same pixels as the whole file, and no lies."""

import importlib.util
import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from gsc_sdr.baselines import heif, jpeg, jpeg2000
from gsc_sdr.baselines.source import SOURCES, source_codec
from gsc_sdr.errors import ConfigError, ImageError
from gsc_sdr.picture import open_picture

SIZES = [(1, 1), (9, 2), (33, 17), (64, 48)]  # width, height
LARGE = [(255, 257), (768, 512)]
LEAST_SAVED = {"jpeg": 213, "j2k": 120, "webp": 27, "avif": 250, "heic": 350, "jxl": 4}


@pytest.fixture(params=SOURCES)
def codec(request):
    """Return each codec that is installed."""
    found = source_codec(request.param)
    if found.missing:
        pytest.skip(found.missing)
    return found


def whole_file(codec, image, quality):
    """Return the codec's own file of an image, and what its library shows of it."""
    if codec.name == "jxl":
        import imagecodecs

        data = jpeg2000._jxl(image, quality)
        return data, imagecodecs.jpegxl_decode(data)
    if codec.name == "heic":
        import pillow_heif

        data = heif._heic(image, quality)
        return data, np.asarray(pillow_heif.open_heif(io.BytesIO(data)).to_pillow())
    make = {
        "jpeg": lambda *of: jpeg._jpegs(*of)[0],
        "webp": jpeg._webp,
        "avif": heif._avif,
        "j2k": jpeg2000._j2k,
    }[codec.name]
    data = make(image, quality)
    return data, np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def pictures(rng, width, height):
    """Return a cut of a photograph, noise, and one colour."""
    photo = Image.fromarray(open_picture("demo")).resize((max(width, 64), max(height, 64)))
    return [
        np.ascontiguousarray(np.asarray(photo)[:height, :width]),
        rng.integers(0, 256, (height, width, 3), dtype=np.uint8),
        np.full((height, width, 3), (250, 10, 60), np.uint8),
    ]


def check_same_pixels(codec, image, quality):
    """Compare what is shown of a payload with what is shown of the whole file."""
    height, width = image.shape[:2]
    payload = codec.encode(image, quality)
    data, shown = whole_file(codec, image, quality)
    assert np.array_equal(codec.decode(payload, width, height, codec.side(quality)), shown)
    assert len(data) - len(payload) >= LEAST_SAVED[codec.name]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_payload_shows_what_the_file_shows(codec, rng, size):
    for image in pictures(rng, *size):
        for quality in (0, codec.n_qualities * 2 // 3):
            check_same_pixels(codec, image, quality)


@pytest.mark.slow
@pytest.mark.parametrize("size", LARGE, ids=str)
def test_a_large_payload_shows_what_the_file_shows(codec, rng, size):
    for image in pictures(rng, *size):
        for quality in (0, codec.n_qualities // 2):
            check_same_pixels(codec, image, quality)


def test_sizes_and_sides_grow_with_quality(codec, rng):
    image = pictures(rng, 64, 64)[0]
    qualities = np.linspace(0, codec.n_qualities // 2, 4).astype(int).tolist()
    sizes = [len(codec.encode(image, quality)) for quality in qualities]
    assert sizes == sorted(sizes)
    assert sizes[-1] > 2 * sizes[0]
    assert all(0 <= codec.side(quality) < 32 for quality in range(codec.n_qualities))


def test_threads_give_the_same_bytes(codec, rng):
    image = pictures(rng, 48, 40)[0]
    alone = codec.encode(image, 8)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: codec.encode(image, 8), range(8)))
    assert together == [alone] * 8


def test_garbage_is_refused_or_has_the_right_size(codec, rng):
    for n_bytes in (0, 1, 3, 40, 400, 4000):
        for _ in range(8):
            payload, side = rng.bytes(n_bytes), int(rng.integers(32))
            for decode in (codec.decode, codec.decode_prefix):
                try:
                    assert decode(payload, 33, 17, side).shape == (17, 33, 3)
                except ImageError:
                    continue


def test_a_damaged_payload_is_refused_or_has_the_right_size(codec, rng):
    image = pictures(rng, 64, 48)[0]
    quality = codec.n_qualities // 2
    whole = codec.encode(image, quality)
    for _ in range(24):
        payload = bytearray(whole[: int(rng.integers(len(whole)))])
        for at in rng.integers(max(1, len(payload)), size=3):
            payload[at : at + 1] = rng.bytes(1)
        try:
            shown = codec.decode(bytes(payload), 64, 48, codec.side(quality))
            assert shown.shape == (48, 64, 3)
        except ImageError:
            continue


def test_jpeg_shows_the_rows_before_a_cut(rng):
    codec, image = source_codec("jpeg"), pictures(rng, 128, 128)[0]
    payload = codec.encode(image, 20)
    whole = codec.decode(payload, 128, 128, 20)
    part = codec.decode_prefix(payload[: len(payload) * 3 // 4], 128, 128, 20)
    assert np.array_equal(part[:32], whole[:32])
    assert not np.array_equal(part[96:], whole[96:])


def test_jpeg_2000_shows_whole_layers_before_a_cut():
    codec, image = source_codec("j2k"), open_picture("demo")
    height, width = image.shape[:2]
    quality = 240  # 16 kB
    payload, side = codec.encode(image, quality), codec.side(quality)
    errors = [
        np.mean((codec.decode_prefix(payload[:n], width, height, side) - image.astype(float)) ** 2)
        for n in (3_500, 6_500, 13_000)
    ]
    whole = np.mean((codec.decode(payload, width, height, side) - image.astype(float)) ** 2)
    assert errors[0] > errors[1] > errors[2] > whole
    with pytest.raises(ImageError, match="no whole layer"):
        codec.decode_prefix(payload[:1000], width, height, side)


@pytest.mark.parametrize("name", ["webp", "avif", "heic", "jxl"])
def test_a_part_of_other_codecs_is_not_shown(name):
    with pytest.raises(ImageError, match="400 bytes"):
        source_codec(name).decode_prefix(bytes(400), 64, 64, 0)


def test_an_unknown_codec_is_refused_by_name():
    with pytest.raises(ConfigError, match=r"'bpg'.*jpeg, j2k, webp, avif, heic, jxl"):
        source_codec("bpg")


@pytest.mark.parametrize(("name", "package"), [("heic", "pillow-heif"), ("jxl", "imagecodecs")])
def test_a_missing_library_says_the_mend(monkeypatch, name, package):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert f"pip install {package}" in source_codec(name).missing


@pytest.mark.parametrize("name", ["jpeg", "j2k", "webp", "avif"])
def test_a_pillow_without_a_format_says_the_mend(monkeypatch, name):
    monkeypatch.setattr("PIL.features.check", lambda _: False)
    assert "pip install" in source_codec(name).missing
