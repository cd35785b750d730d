# SPDX-License-Identifier: MIT
"""The environment: pinned, and closed to what the system's Python would leak into it."""

import importlib
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

COMPILED_AGAINST_NUMPY = ["numpy", "scipy", "matplotlib", "contourpy"]


@pytest.fixture(scope="module")
def pins(root):
    """Return name to version of everything that constraints.txt pins."""
    text = (root / "constraints.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", text, flags=re.MULTILINE))


@pytest.mark.skipif(sys.prefix == sys.base_prefix, reason="needs the environment of `make setup`")
def test_what_is_pinned_is_what_runs(pins):
    off = {}
    for name, pinned in pins.items():
        try:
            found = version(name)
        except PackageNotFoundError:  # not asked for on this Python version
            continue
        if found != pinned:
            off[name] = f"{found}, pinned {pinned}"
    assert off == {}


@pytest.mark.skipif(sys.prefix == sys.base_prefix, reason="needs the environment of `make setup`")
@pytest.mark.parametrize("name", COMPILED_AGAINST_NUMPY)
def test_the_systems_copy_is_not_loaded(name):
    place = Path(importlib.import_module(name).__file__)
    assert place.is_relative_to(sys.prefix), "run `make clean setup`"


@pytest.mark.radio
@pytest.mark.learn
def test_radio_and_learning_share_one_interpreter_and_its_arrays():
    import numpy as np
    import pmt
    import sionna.phy
    import torch

    sent = torch.arange(4, dtype=torch.float32) + 1j
    back = torch.from_numpy(np.array(pmt.to_python(pmt.to_pmt(sent.numpy()))))
    assert torch.equal(sent, back)
    assert abs(sionna.phy.PI - np.pi) < 1e-6


def test_each_dependency_is_pinned(root, pins):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in asked}
    pinned = {name.lower().replace("_", "-") for name in pins}
    assert names - pinned == {"numpy", "torch"}  # which only `make setup` can choose
