# SPDX-License-Identifier: MIT
"""The door to Sionna: the 5G LDPC code and the TDL channel models, on arrays."""
