# SPDX-License-Identifier: MIT
"""Any first channels decode, and more of them are worth more."""

import numpy as np
import pytest

from gsc_sdr.codec.latent import load_latent
from gsc_sdr.experiments.nested import nested_psnr_db
from gsc_sdr.metrics.image import psnr_db

pytestmark = pytest.mark.learn


def test_quality_rises_with_the_channels_that_are_kept():
    y, x = np.mgrid[:64, :80]
    waves = [np.sin(x / 7), np.cos(y / 5), np.sin((x + y) / 9)]
    image = (127 + 100 * np.stack(waves, axis=-1)).astype(np.uint8)
    codec = load_latent()
    found = nested_psnr_db([image], codec, (1, 4, 16))
    assert list(found.values()) == sorted(found.values())
    whole = codec.decode(codec.encode(image), 80, 64)
    assert found[16] == psnr_db(whole, image)
