# SPDX-License-Identifier: MIT
"""What the neural rivals' tests share: a picture, and what no codec may take."""

from dataclasses import replace

import numpy as np
import pytest

from gsc_sdr.config.rate import rate_by_name
from gsc_sdr.errors import ConfigError, ShapeError


@pytest.fixture(scope="module")
def image():
    """Return a smooth picture [72, 100, 3] whose sides are not whole cells."""
    y, x = np.mgrid[:72, :100]
    waves = [np.sin(x / 17), np.cos(y / 11), np.sin((x + y) / 29)]
    return (127 + 100 * np.stack(waves, axis=-1)).astype(np.uint8)


@pytest.fixture(scope="module")
def refuses_rate(image):
    """Check that an engine neither sends at a rate nor believes a header that names it."""

    def check(engine, rate, whole, why):
        with pytest.raises(ConfigError, match=why):
            engine.encode(image, "", rate)
        stream, noise_var = np.tile(whole.stream, 3), np.tile(whole.noise_var, 3)
        rate_id = rate_by_name(rate).id
        with pytest.raises(ConfigError, match=rate):
            engine.decode(replace(whole, stream=stream, noise_var=noise_var, rate_id=rate_id))

    return check


@pytest.fixture(scope="module")
def refuses_what_cannot_be_sent(image):
    """Check that an engine refuses pictures, rates, prompts and streams that are none."""

    def check(engine, whole):
        with pytest.raises(ShapeError, match="2048"):
            engine.encode(np.zeros((2049, 16, 3), np.uint8), "", "1/48")
        with pytest.raises(ConfigError, match="1/7"):
            engine.encode(image, "", "1/7")
        with pytest.raises(ConfigError, match="1000"):
            engine.encode(image, "x" * 1001, "1/48")
        with pytest.raises(ShapeError, match="promises"):
            engine.decode(replace(whole, stream=whole.stream[:9], noise_var=whole.noise_var[:9]))
        with pytest.raises(ConfigError, match="auto, cpu or cuda"):
            type(engine)(device="tpu")

    return check
