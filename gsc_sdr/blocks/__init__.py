# SPDX-License-Identifier: MIT
"""GNU Radio blocks, one a file: ports and one call each; grc/ shows them on a canvas."""
