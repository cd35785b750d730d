# SPDX-License-Identifier: MIT
"""The whole path: picture to samples, samples to picture."""
