# SPDX-License-Identifier: MIT
"""The turning unit vector, written so that loops over it become vector instructions.

A call of the mathematics library for each sample would take most of a receiver's
time; a polynomial after the argument is reduced to a quarter turn does not.
"""

from __future__ import annotations

import math

from gsc_sdr.jit import kernel

__all__ = ["phasor"]

# Taylor coefficients of cos and sin of 2 pi x, in x^2; |x| <= 1/4 leaves 1e-9.
_C1, _C2, _C3, _C4, _C5, _C6, _C7 = (
    (-1) ** k * (2 * math.pi) ** (2 * k) / math.factorial(2 * k) for k in range(1, 8)
)
_S0, _S1, _S2, _S3, _S4, _S5, _S6 = (
    (-1) ** k * (2 * math.pi) ** (2 * k + 1) / math.factorial(2 * k + 1) for k in range(7)
)


@kernel
def phasor(turns: float) -> tuple[float, float]:
    """Return real and imaginary part of exp(2 pi j turns).

    >>> [round(part, 6) for part in phasor(0.125)]
    [0.707107, 0.707107]
    """
    half = math.floor(2.0 * turns + 0.5)  # half turns taken off: each changes the sign
    sign = 1.0 - 2.0 * (half - 2.0 * math.floor(0.5 * half))
    x = turns - 0.5 * half
    y = x * x
    even = ((((((_C7 * y + _C6) * y + _C5) * y + _C4) * y + _C3) * y + _C2) * y + _C1) * y + 1.0
    odd = (((((_S6 * y + _S5) * y + _S4) * y + _S3) * y + _S2) * y + _S1) * y + _S0
    return sign * even, sign * odd * x
