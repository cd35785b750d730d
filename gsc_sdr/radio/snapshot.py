# SPDX-License-Identifier: MIT
"""Samples of a running stream, on request."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from gnuradio import gr
from numpy.typing import NDArray

from gsc_sdr.errors import GscError

__all__ = ["Snapshot"]


class Snapshot(gr.sync_block):
    """Take what comes; keep samples only when asked.

    Attributes
    ----------
    n_samples : int
        Taken so far.
    """

    def __init__(self) -> None:
        gr.sync_block.__init__(self, name="gsc_snapshot", in_sig=[np.complex64], out_sig=None)
        self.n_samples = 0
        self._parts: list[NDArray[np.complex64]] = []
        self._n_skip = self._n_wanted = 0
        self._done = threading.Event()
        self._lock = threading.Lock()

    def take(self, n_skip: int, n: int, timeout_s: float) -> NDArray[np.complex64]:
        """Return ``n`` samples, after the next ``n_skip``.

        Raises
        ------
        GscError
            If they have not come within ``timeout_s``.
        """
        with self._lock:
            self._parts, self._n_skip, self._n_wanted = [], n_skip, n
            self._done.clear()
        came = self._done.wait(timeout_s)
        with self._lock:
            self._n_wanted, parts = 0, self._parts
        if not came:
            raise GscError(
                f"{sum(map(len, parts))} of {n} samples came within {timeout_s:g} s: "
                "the radio does not deliver; its counts and its console say why"
            )
        return np.concatenate(parts)[:n]

    def work(self, input_items: Any, output_items: Any) -> int:
        """Pass over samples, or keep them."""
        samples = input_items[0]
        with self._lock:
            self.n_samples += len(samples)
            skipped = min(self._n_skip, len(samples))
            self._n_skip -= skipped
            if self._n_wanted > 0 and skipped < len(samples):
                part = samples[skipped : skipped + self._n_wanted].copy()
                self._parts.append(part)
                self._n_wanted -= len(part)
                if not self._n_wanted:
                    self._done.set()
        return len(samples)
