# SPDX-License-Identifier: MIT
"""Kernels give what the Python they are written in gives."""

import numpy as np

from gsc_sdr.jit import kernel


def _energy(samples):
    """Return the energy of samples [n]."""
    total = 0.0
    for at in range(len(samples)):
        total += samples[at].real ** 2 + samples[at].imag ** 2
    return total


def test_a_kernel_does_what_its_source_says(rng):
    samples = rng.normal(size=(100, 2)).view(np.complex128)[:, 0]
    assert np.isclose(kernel(_energy)(samples), _energy(samples))


def test_broken_samples_stay_visible():
    assert np.isnan(kernel(_energy)(np.array([1.0 + 0j, np.nan])))
    assert np.isinf(kernel(_energy)(np.array([1.0 + 0j, np.inf])))


def test_a_kernel_runs_where_nothing_can_be_kept():
    source = "def double(values):\n    return 2 * values\n"
    names: dict = {}
    exec(compile(source, "<no file>", "exec"), names)  # no place for a cache beside it
    assert kernel(names["double"])(np.arange(3)).tolist() == [0, 2, 4]
