# SPDX-License-Identifier: MIT
"""Pictures that FakeEngine can send, and what it makes of them."""

import numpy as np
import pytest

from gsc_sdr.link.engine import FakeEngine


@pytest.fixture
def pictures(rng):
    """Return five small pictures of grey cells, each with a prompt."""
    cells = rng.integers(0, 256, (5, 6, 16, 1), np.uint8)
    images = np.kron(cells, np.ones((1, 16, 16, 3), np.uint8))
    return [(image, f"picture {index} 漢") for index, image in enumerate(images)]


@pytest.fixture
def engine():
    return FakeEngine()
