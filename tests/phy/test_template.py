# SPDX-License-Identifier: MIT
"""The template: a preamble's pieces, of unit energy, where the frame has them."""

import numpy as np
import pytest

from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.preamble import preamble
from gsc_sdr.phy.template import search_reach, template


@pytest.mark.parametrize("config", [OfdmConfig(), OfdmConfig(n_fft=512, n_cp=36)])
def test_pieces_are_found_where_they_begin(config):
    known, samples = template(config), preamble(config)
    for block, begin in enumerate(known.begins):
        piece = known.short if block < 4 else known.long
        there = samples[begin : begin + config.n_fft]
        assert np.vdot(piece, piece).real == pytest.approx(1, abs=1e-5)
        assert abs(np.vdot(piece, there)) == pytest.approx(np.linalg.norm(there), rel=1e-5)


def test_lines_turn_back_what_an_offset_turns():
    known = template(OfdmConfig())
    for column, offset in enumerate(known.offsets):
        turned = np.exp(2j * np.pi * offset * known.begins / 64)
        pairs = [turned[a].conj() * turned[b] for a in range(6) for b in range(a + 1, 6)]
        assert np.allclose(pairs * known.lines[:, column], 1, atol=1e-5)


def test_a_shadow_ends_before_the_frame():
    known = template(OfdmConfig())
    assert known.payload_end + search_reach(OfdmConfig()) == OfdmConfig().frame_length
