# SPDX-License-Identifier: MIT
"""Prompt and picture in one stream: apart again as they were, whatever the air did."""

from dataclasses import replace

import numpy as np
import pytest

from gsc_sdr.config.rate import rate_by_name
from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.link.engine import Received
from gsc_sdr.prompt.stream import check_image, put_together, take_apart

pytestmark = pytest.mark.learn
PROMPT = "zwei Möwen"
RATE = rate_by_name("1/192")


@pytest.fixture
def encoded(rng):
    pairs = rng.standard_normal((RATE.n_symbols(40, 24), 2)).astype(np.float32)
    symbols = pairs.view(np.complex64).ravel()
    return put_together(symbols, np.zeros((24, 40, 3), np.uint8), PROMPT, RATE, 37)


def received(encoded, extra=11):
    """Return a stream without noise, padded as the last frame pads it."""
    parts = [encoded.prompt_symbols, encoded.symbols, np.full(extra, 9 + 9j)]
    stream = np.concatenate(parts).astype(np.complex64)
    noise_var = np.full(len(stream), 0.01, np.float32)
    header = (encoded.width, encoded.height, encoded.rate_id, encoded.prompt_bytes, encoded.level)
    return Received(stream, noise_var, *header)


def test_what_is_put_together_comes_apart(encoded):
    assert (encoded.width, encoded.height, encoded.rate_id, encoded.level) == (40, 24, RATE.id, 37)
    arrived = take_apart(received(encoded))
    assert (arrived.prompt, arrived.prompt_ok, arrived.rate) == (PROMPT, True, RATE)
    assert np.array_equal(arrived.symbols, encoded.symbols)
    assert (arrived.noise_var == np.float32(0.01)).all()


@pytest.mark.parametrize(
    ("symbol", "noise_var"),
    [(np.nan, 0.1), (np.inf, 0.1), (1.0, np.nan), (1.0, -0.1), (1.0, np.inf)],
)
def test_what_is_no_measurement_is_erased(encoded, symbol, noise_var):
    whole = received(encoded, extra=0)
    whole.stream[-3:], whole.noise_var[-3:] = symbol, noise_var
    arrived = take_apart(whole)
    assert (arrived.symbols[-3:] == 0).all()
    assert np.isposinf(arrived.noise_var[-3:]).all()
    assert np.array_equal(arrived.symbols[:-3], encoded.symbols[:-3])


def test_too_few_symbols_are_refused(encoded):
    whole = received(encoded, extra=0)
    with pytest.raises(ShapeError, match="promises"):
        take_apart(replace(whole, stream=whole.stream[:-1], noise_var=whole.noise_var[:-1]))


def test_an_unknown_rate_is_refused(encoded):
    with pytest.raises(ConfigError, match="rate id is 15"):
        take_apart(replace(received(encoded), rate_id=15))


@pytest.mark.parametrize("shape", [(16, 16), (0, 16, 3), (16, 2049, 3)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(ShapeError, match="2048"):
        check_image(np.zeros(shape, np.uint8))


def test_too_long_a_prompt_is_refused():
    with pytest.raises(ConfigError, match="1000"):
        put_together(np.zeros(4), np.zeros((16, 16, 3), np.uint8), "x" * 1001, RATE, 0)
