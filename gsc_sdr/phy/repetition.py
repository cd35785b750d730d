# SPDX-License-Identifier: MIT
"""Where a stream repeats after a quarter of n_fft: suspicions of short training.

The stream is summed by blocks of n_fft / 8 samples; running sums over blocks then
compare what short training would cover with what stands one period later.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.jit import kernel
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["Windows", "suspect", "take_in"]

_COHERENCE = 0.16**2  # of samples one period apart; short training at -3 dB has 0.29**2
_EVEN = 0.5  # of that, when each block counts the same: not a single pulse
_NEAR = 20  # blocks on either side in which only the strongest repetition counts
_HOP = 1024  # blocks that a search window adds
_SPAN = 37  # blocks: short training less one period and one block
_LARGEST = 1e15  # amplitude beyond which a sample is broken, and its square overflows
_SMALLEST = 1e-15  # amplitude below which a sample is silence, and its square slow to compute
_ROUNDING = 3e-6  # of an energy: what sums in single precision may be wrong by, generously
_EXACT = 1e-12  # of the largest energy of a window: less is what rounding leaves


class Windows(NamedTuple):
    """Shape of the windows that a stream is searched in, in samples.

    Attributes
    ----------
    block : int
        What is summed before anything else, n_fft / 8.
    hop : int
        What each window adds: frames that begin in it are found in it.
    guard : int
        What it needs before that.
    ahead : int
        What it needs behind.
    """

    block: int
    hop: int
    guard: int
    ahead: int

    @classmethod
    def of(cls, config: OfdmConfig, reach: int) -> Windows:
        """Return the windows of a configuration; acquisition looks as far as ``reach``."""
        block = config.n_fft // 8
        guard = -(-reach // block) * block + 24 * block
        ahead = guard + 2 * reach + config.frame_length + 8 * config.n_fft
        return cls(block, _HOP * block, guard, ahead)

    @property
    def size(self) -> int:
        """Samples of one window."""
        return self.guard + self.hop + self.ahead


@kernel
def take_in(samples: NDArray[np.complex64], out: NDArray[np.complex64]) -> int:
    """Copy samples [n] that are numbers, others as 0; return how many are not."""
    n_bad = 0
    for i in range(len(samples)):
        x = samples[i]
        size = abs(x.real) + abs(x.imag)
        is_good = size < _LARGEST  # False for NaN
        out[i] = x if is_good and size > _SMALLEST else np.complex64(0)
        n_bad += not is_good
    return n_bad


@kernel
def suspect(stream: NDArray[np.complex64], n_windows: int, windows: Windows) -> NDArray[np.float64]:
    r"""Return where in windows of a stream a short training may stand.

    With :math:`p_m = \sum_{n \in m} x_n^* x_{n+P}` of block m,
    :math:`e_m = \sum |x_n|^2` and sums over a span of blocks the coherence is
    :math:`|\sum p|^2 / (\sum e_m \sum e_{m+2})`, means taken off.

    Parameters
    ----------
    stream : [>= (n_windows - 1) * hop + size], complex64
        Finite samples, from the first window's first.
    n_windows : int
        How many windows to search.
    windows : Windows
        Their shape.

    Returns
    -------
    suspicions : [n, 5], float64
        Index of a sample of ``stream``; carrier offset (carriers, modulo 4);
        squared coherence; 1 for a peak, 0 for what stands in the shade; index of the
        window. Window by window, peaks first.
    """
    n_places = (2 * windows.guard + windows.hop) // windows.block
    low = windows.guard // windows.block
    found = np.empty((n_windows * 2 * (_HOP // _NEAR + 2), 5))
    n_found = 0
    for window in range(n_windows):
        sums = _sums(stream[window * windows.hop :], n_places + _SPAN, windows.block)
        product, coherence = _repetition(sums, n_places, windows.block)
        for is_peak in (True, False):
            places = _peaks(product) if is_peak else _shades(product)
            for at in places[(places >= low) & (places < low + _HOP)]:
                row = found[n_found]
                row[0] = window * windows.hop + at * windows.block
                row[1] = np.angle(product[at]) * 2 / np.pi
                row[2], row[3], row[4] = coherence[at], is_peak, window
                n_found += 1
    return found[:n_found]


@kernel
def _sums(x: NDArray[np.complex64], n_blocks: int, block: int) -> NDArray[np.float32]:
    """Return product (real, imaginary), energy and mean (real, imaginary) by block, [5, n]."""
    sums = np.empty((5, n_blocks), np.float32)
    for m in range(n_blocks):
        re = im = energy = mean_re = mean_im = np.float32(0)
        for n in range(m * block, (m + 1) * block):
            a, b = x[n], x[n + 2 * block]
            re += a.real * b.real + a.imag * b.imag
            im += a.real * b.imag - a.imag * b.real
            energy += a.real * a.real + a.imag * a.imag
            mean_re += a.real
            mean_im += a.imag
        sums[0, m], sums[1, m], sums[2, m] = re, im, energy
        sums[3, m], sums[4, m] = mean_re, mean_im
    return sums


@kernel
def _repetition(
    sums: NDArray[np.float32], n_places: int, block: int
) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
    """Return product and squared coherence by place; the product is 0 where nothing repeats."""
    own = _own_coherence(sums)
    energy, mean = np.empty(n_places), np.empty(n_places, np.complex128)
    product, evenness = np.empty(n_places, np.complex128), np.empty(n_places)
    n, e = _SPAN * block, 0.0
    p = q = mu = 0j
    for m in range(n_places + _SPAN - 2):
        p += complex(sums[0, m], sums[1, m])
        q += own[m]
        if m >= _SPAN:
            p -= complex(sums[0, m - _SPAN], sums[1, m - _SPAN])
            q -= own[m - _SPAN]
        if m >= _SPAN - 1:
            product[m - _SPAN + 1] = p
            evenness[m - _SPAN + 1] = (q.real**2 + q.imag**2) / _SPAN**2
    for m in range(n_places + _SPAN):
        e += sums[2, m]
        mu += complex(sums[3, m], sums[4, m])
        if m >= _SPAN:
            e -= sums[2, m - _SPAN]
            mu -= complex(sums[3, m - _SPAN], sums[4, m - _SPAN])
        if m >= _SPAN - 1 and m - _SPAN + 1 < n_places:
            mean[m - _SPAN + 1] = mu
            # What a constant leaves of itself is rounding, and repeats.
            energy[m - _SPAN + 1] = max(e - (mu.real**2 + mu.imag**2) / n, _ROUNDING * e)
    coherence, floor = np.zeros(n_places), (_EXACT * energy.max()) ** 2 + 1e-300
    for m in range(n_places - 2):
        p = product[m] - mean[m + 2] * mean[m].conjugate() / n
        share = (p.real**2 + p.imag**2) / max(energy[m] * energy[m + 2], floor)
        is_even = evenness[m] >= _EVEN * _COHERENCE
        coherence[m] = share if is_even else 0.0
        product[m] = p if is_even and share > _COHERENCE else 0j
    product[n_places - 2 :] = 0j
    return product, coherence


@kernel
def _own_coherence(sums: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Return each block's product over its energies: no block speaks for all."""
    own = np.zeros(sums.shape[1], np.complex64)
    for m in range(sums.shape[1] - 2):
        both = np.sqrt(sums[2, m]) * np.sqrt(sums[2, m + 2])
        scale = np.float32(1) / both if both > 0 else np.float32(0)
        own[m] = complex(sums[0, m] * scale, sums[1, m] * scale)
    return own


@kernel
def _peaks(product: NDArray[np.complex128]) -> NDArray[np.int64]:
    """Return where the product is strongest within _NEAR; the first of equals."""
    power = product.real**2 + product.imag**2
    places, n = np.empty(len(power) // _NEAR + 1, np.int64), 0
    for at in range(len(power)):
        if power[at] > 0 and _is_strongest(power, at):
            places[n] = at
            n += 1
    return places[:n]


@kernel
def _is_strongest(power: NDArray[np.float64], at: int) -> bool:
    """Return whether no power near by is larger, and none before as large."""
    for other in range(max(0, at - _NEAR), min(len(power), at + _NEAR + 1)):
        if power[other] > power[at] or (other < at and power[other] == power[at]):
            return False
    return True


@kernel
def _shades(product: NDArray[np.complex128]) -> NDArray[np.int64]:
    """Return every _NEAR-th place where something repeats and no peak is near.

    Where something else repeats for long, a frame may stand in the shade of a peak.
    """
    is_near = np.zeros(len(product), np.bool_)
    for at in _peaks(product):
        is_near[max(0, at - _NEAR) : at + _NEAR + 1] = True
    places, n = np.empty(len(product) // _NEAR + 1, np.int64), 0
    for at in range(0, len(product), _NEAR):
        if product[at] != 0j and not is_near[at]:
            places[n] = at
            n += 1
    return places[:n]
