# SPDX-License-Identifier: MIT
"""The search: fits, is the best of what fits, and does not depend on what it knew."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from gsc_sdr.baselines import search
from gsc_sdr.baselines.search import SCALES, search_best, show_payload
from gsc_sdr.baselines.source import source_codec
from gsc_sdr.errors import ImageError
from gsc_sdr.picture import open_picture

WIDTH, HEIGHT = 57, 45
FAST = ["jpeg", "j2k", "webp", "jxl"]


@pytest.fixture(scope="module")
def image():
    """Return a small photograph of odd size."""
    photo = Image.fromarray(open_picture("demo"))
    return np.asarray(photo.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS))


def codec_named(name):
    """Return a codec that is installed."""
    codec = source_codec(name)
    if codec.missing:
        pytest.skip(codec.missing)
    return codec


def psnr_db(image, shown):
    """Return PSNR in dB."""
    return 10 * np.log10(255**2 / np.mean((image.astype(float) - shown) ** 2))


def every_try(image, codec):
    """Return bytes and PSNR of every scale and quality."""
    found = []
    for at, scale in enumerate(SCALES):
        size = tuple(int(np.ceil(side / scale)) for side in (WIDTH, HEIGHT))
        small = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))
        for quality in range(codec.n_qualities):
            coded = codec.encode(small if scale > 1 else image, quality)
            payload = bytes([at << 5 | codec.side(quality)]) + coded + b"\x80"
            shown = show_payload(payload, codec, (WIDTH, HEIGHT))
            found.append((len(payload), psnr_db(image, shown)))
    return found


@pytest.mark.parametrize("name", ["jpeg", "webp"])
def test_nothing_that_fits_is_much_better(image, name):
    codec = codec_named(name)
    tries = every_try(image, codec)
    for n_bytes in (60, 150, 300, 600, 1200):
        best = search_best(image, codec, n_bytes)
        assert len(best.payload) <= n_bytes
        assert best.psnr_db >= max(db for size, db in tries if size <= n_bytes) - 0.3


@pytest.mark.parametrize("name", [*FAST, "avif", "heic"])
def test_payload_fits_and_shows_what_was_promised(image, name):
    codec = codec_named(name)
    shown_db = []
    for n_bytes in (120, 900):
        fit = search_best(image, codec, n_bytes)
        assert len(fit.payload) <= n_bytes
        padded = fit.payload + bytes(n_bytes - len(fit.payload))
        shown = show_payload(padded, codec, (WIDTH, HEIGHT))
        assert psnr_db(image, shown) == pytest.approx(fit.psnr_db, abs=1e-3)
        shown_db.append(fit.psnr_db)
    assert shown_db[1] > shown_db[0] + 2


@pytest.mark.parametrize("name", FAST)
def test_more_bytes_are_not_worse(image, name):
    codec = codec_named(name)
    found = [search_best(image, codec, n).psnr_db for n in (100, 200, 400, 800)]
    assert all(after >= before - 0.1 for before, after in pairwise(found))


@pytest.mark.parametrize("name", FAST)
def test_result_does_not_depend_on_what_is_kept(image, name, monkeypatch):
    codec, budgets = codec_named(name), (90, 300, 800)
    together = [search_best(image, codec, n) for n in budgets]
    for n_bytes, fit in zip(budgets, together, strict=True):
        monkeypatch.setattr(search, "_MEMO", search._Memo(1_000_000))
        assert search_best(image, codec, n_bytes) == fit


def test_a_second_budget_costs_little(image, monkeypatch):
    codec, asked = source_codec("jpeg"), []
    counting = type(codec)()
    counting.encode = lambda *of: asked.append(of) or codec.encode(*of)
    monkeypatch.setattr(search, "_MEMO", search._Memo(1_000_000))
    search_best(image, counting, 500)
    first = len(asked)
    search_best(image, counting, 500)
    assert first == len(asked)
    search_best(image, counting, 520)
    assert len(asked) < 1.5 * first


def test_memo_is_bounded(image):
    memo, codec = search._Memo(5_000), source_codec("jpeg")
    for quality in range(codec.n_qualities):
        memo.encode(image, codec, 1.0, quality)
    assert memo.n_bytes <= 5_000
    assert 0 < len(memo.coded) < codec.n_qualities


@pytest.mark.parametrize("name", [*FAST, "avif", "heic"])
def test_too_small_a_budget_is_none(image, name):
    assert [search_best(image, codec_named(name), n) for n in (0, 2, 5)] == [None] * 3


@pytest.mark.parametrize("name", [*FAST, "avif", "heic"])
def test_pictures_of_one_pixel_fit(name):
    one = np.full((1, 1, 3), (200, 100, 50), np.uint8)
    codec = codec_named(name)
    fit = search_best(one, codec, 400)
    assert np.abs(show_payload(fit.payload, codec, (1, 1)).astype(int) - one).max() < 40


@pytest.mark.parametrize("data", [b"", b"\0\0\0", b"\x80", b"no end mark"])
def test_what_is_no_payload_is_refused(data):
    with pytest.raises(ImageError):
        show_payload(data, source_codec("webp"), (WIDTH, HEIGHT))
