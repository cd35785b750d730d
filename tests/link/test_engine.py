# SPDX-License-Identifier: MIT
"""The fake engine keeps the contract of the real one: what goes in comes out."""

import numpy as np
import pytest

from gsc_sdr.config.rate import RATES
from gsc_sdr.link.engine import FakeEngine, Received


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: rate.name)
def test_cell_means_and_prompt_come_back(rate, rng):
    engine = FakeEngine()
    cells = rng.integers(0, 256, (3, 2, 1), dtype=np.uint8).repeat(3, axis=2)
    image = cells.repeat(16, axis=0).repeat(16, axis=1)
    sent = engine.encode(image, "ö, 1", rate.name)
    assert len(sent.symbols) == rate.n_symbols(32, 48)
    stream = np.concatenate([sent.prompt_symbols, sent.symbols])
    noise_var = np.zeros(len(stream), np.float32)
    back = engine.decode(Received(stream, noise_var, 32, 48, rate.id, sent.prompt_bytes))
    assert np.abs(back.image.astype(int) - image).max() <= 1
    assert (back.prompt, back.prompt_ok) == ("ö, 1", True)
    assert (engine.encoded, engine.decoded) == (1, 1)
