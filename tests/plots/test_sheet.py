# SPDX-License-Identifier: MIT
"""The page: nothing below 8 points, and neither legend nor caption over a panel."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from gsc_sdr.plots.ccdf import outage, peaks
from gsc_sdr.plots.curves import OVER_CBR, OVER_SNR, draw_curves
from gsc_sdr.plots.latency import latency_of_rows
from gsc_sdr.plots.rows import Choice, choose
from gsc_sdr.plots.scatter import scatter
from gsc_sdr.plots.winners import winners

ALL = ("psnr_db", "ms_ssim", "lpips")


def drawn(kind, rows):
    """Return one figure of made-up rows."""
    three = choose(rows, Choice(snrs_db=(0.0, 10.0, 20.0)))
    return {
        "over_snr": lambda: draw_curves(rows, ALL, OVER_SNR.at("AWGN")),
        "one rate": lambda: draw_curves(choose(rows, Choice(rates=("1/96",))), ALL, OVER_SNR),
        "over_cbr": lambda: draw_curves(three, ALL, OVER_CBR.at("AWGN"), notes=["A word."] * 60),
        "one panel": lambda: draw_curves(
            choose(rows, Choice(snrs_db=(5.0,))), ("lpips",), OVER_CBR
        ),
        "scatter": lambda: scatter(three),
        "winners": lambda: winners(rows, ALL),
        "outage": lambda: outage(choose(three, Choice(rates=("1/96",)))),
        "peaks": lambda: peaks(rows),
        "latency": lambda: latency_of_rows(rows),
    }[kind]()


KINDS = ("over_snr", "one rate", "over_cbr", "one panel", "scatter", "winners", "outage")


@pytest.mark.parametrize("kind", [*KINDS, "peaks", "latency"])
def test_all_is_large_enough_inside_the_page_and_apart(sweep_rows, kind):
    figure = drawn(kind, sweep_rows)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    assert figure.get_figwidth() == 7.16
    panels = [axes.get_tightbbox(renderer) for axes in figure.axes]
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    assert min(text.get_fontsize() for text in texts) >= 8
    apart = [text.get_window_extent(renderer) for text in figure.texts]
    apart += [legend.get_window_extent(renderer) for legend in figure.legends]
    for index, box in enumerate(apart):
        assert box.x0 >= -1, "off the page at the left"
        assert box.x1 <= figure.bbox.width + 1, "off the page at the right"
        assert box.y0 >= -1, "off the page below"
        assert box.y1 <= figure.bbox.height + 1, "off the page above"
        others = [*panels, *apart[index + 1 :]]
        assert not any(_area(box, other) > 4 for other in others), "one over another"
    for index, panel in enumerate(panels):
        assert not any(_area(panel, other) > 4 for other in panels[index + 1 :])


def _area(one, other):
    """Return the pixels that two boxes share."""
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return max(0, wide) * max(0, high)
