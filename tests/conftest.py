# SPDX-License-Identifier: MIT
"""Fixtures: one seeded generator; and which tests this machine can run."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # Qt views need no screen
os.environ.setdefault("MPLBACKEND", "Agg")

# A machine with other work is slow, and so is the first run of Hypothesis: neither is a fault.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

ROOT = Path(__file__).resolve().parents[1]
NEEDS = {"radio": ("gnuradio.gr", "GNU Radio"), "learn": ("torch", "torch")}


@pytest.fixture
def rng() -> np.random.Generator:
    """Return a generator that is the same in every test."""
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of shared pictures; skip where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the pictures of ../shared/data")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests whose marker asks for a part that does not load here."""
    wanted = {marker.name for item in items for marker in item.iter_markers()}
    for marker in wanted & set(NEEDS):
        module, name = NEEDS[marker]
        try:
            importlib.import_module(module)
        except Exception as error:  # noqa: BLE001 -- a broken build may raise anything
            skip = pytest.mark.skip(reason=f"needs {name}, which does not load: {error}")
            for item in items:
                if item.get_closest_marker(marker):
                    item.add_marker(skip)
