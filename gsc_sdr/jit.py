# SPDX-License-Identifier: MIT
"""The door to Numba: loops over samples and trellises, compiled when first called.

What a vectorised expression cannot say, or says in many passes over memory, is a
kernel. Kernels release the interpreter's lock, so that the blocks of a flowgraph
run beside each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

__all__ = ["kernel"]

_F = TypeVar("_F", bound=Callable[..., object])

# Sums may be reordered, which is what lets them be vectorised; NaN and infinity keep
# their meaning, because samples from the air can be either.
_FASTMATH = {"reassoc", "contract", "arcp", "nsz"}


def kernel(function: _F) -> _F:
    """Compile a function of arrays and numbers; keep the result on disk.

    What is kept is renewed when the function's own file changes. After a change of
    a kernel that kernels of other files call, remove ``*.nbi`` and ``*.nbc`` below
    ``__pycache__`` (``make clean-kernels``).

    Parameters
    ----------
    function : (arrays, numbers) -> arrays or numbers
        What Numba's nopython mode can read.

    Returns
    -------
    kernel : as ``function``
        Runs without the interpreter's lock.
    """
    settings = {"nogil": True, "fastmath": _FASTMATH, "error_model": "numpy"}
    try:
        compiled = numba.njit(cache=True, **settings)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        compiled = numba.njit(**settings)(function)
    return cast(_F, compiled)
