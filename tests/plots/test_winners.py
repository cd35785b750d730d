# SPDX-License-Identifier: MIT
"""The map: dark where ours wins, hatched where it loses, plain where it is open."""

import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.winners import winners


@pytest.fixture
def rows(make_row):
    """Return three cells: won by a lot, lost by a little, and open."""
    margins = {(0.0, False): (8.0, 8.1), (10.0, False): (-1.0, -1.1), (20.0, False): (1.0, -1.0)}
    return [
        make_row(codec, f"{index}.png", "1/96", snr_db, psnr_db=20 + (codec == "gsc") * margin)
        for (snr_db, _), both in margins.items()
        for index, margin in enumerate(both)
        for codec in ("gsc", "avif+ldpc")
    ]


def test_fill_hatch_and_text_say_the_same(rows):
    (axes,) = winners(rows, ("psnr_db",)).axes
    cells = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    grey = [sum(to_rgb(cell.get_facecolor())) / 3 for cell in cells]
    assert grey[0] < 0.35
    assert grey[1] == grey[2] == 1
    assert [bool(cell.get_hatch()) for cell in cells] == [False, True, False]
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["gsc +8.05", "avif +1.05", "gsc +0.00"]
    assert axes.get_title(loc="left") == "PSNR in dB: gsc ahead in 1, behind in 1, open 1"


def test_a_win_over_failures_is_marked(rows):
    for row in rows:
        row["failed"] = row["codec"] != "gsc" and row["snr_db"] == 0
    figure = winners(rows, ("psnr_db",))
    assert figure.axes[0].texts[0].get_text() == "gsc +8.05*"
    assert "*: it fails" in figure.texts[-1].get_text()


def test_nothing_to_compare_is_refused(make_row):
    with pytest.raises(ConfigError, match="no cell has both gsc and a digital codec"):
        winners([make_row()], ("psnr_db",))
