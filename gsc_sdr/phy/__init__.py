# SPDX-License-Identifier: MIT
"""The physical layer as pure functions on arrays: OFDM frames and their reception.

Sent: :mod:`frame` (header, scramble, interleave, pilots, preamble, ofdm).
Received: :mod:`sync` and :mod:`acquire` find frames, :mod:`receive` reads them
(csi, drift, equalize), :mod:`assemble` puts pictures together.
"""
