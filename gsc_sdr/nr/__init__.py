# SPDX-License-Identifier: MIT
"""The door to Sionna: 5G LDPC, modulation and the channels of TR 38.901, on arrays."""
