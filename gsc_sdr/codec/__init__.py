# SPDX-License-Identifier: MIT
"""Pictures to latents, latents to symbols, and back."""
