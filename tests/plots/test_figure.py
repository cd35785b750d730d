# SPDX-License-Identifier: MIT
"""Files: whole or not at all, and equal for equal figures."""

import re

import numpy as np
import pytest

from gsc_sdr.plots.figure import panels, save, save_both


def drawn(label):
    """Return a small figure that says ``label``."""
    figure, (axes,) = panels(300, 200)
    axes.plot([0, 1], [1, 0])
    axes.set_xlabel(label)
    return figure


def test_equal_figures_are_equal_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        save(drawn("x"), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_a_figure_that_cannot_be_drawn_leaves_what_was_there(tmp_path):
    target = tmp_path / "a.png"
    target.write_bytes(b"before")
    with pytest.raises(ValueError, match="nonsense"):
        save(drawn(r"$\nonsense$"), target)
    assert target.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_png_and_svg_share_a_stem_and_are_equal_for_equal_figures(tmp_path, rng):
    picture = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    for name in ("a", "b"):
        figure = drawn("x, \u2212")
        figure.axes[0].imshow(picture)
        figure.legend(["line"])
        paths = save_both(figure, tmp_path / "new" / f"{name}.256")
        assert [path.name for path in paths] == [f"{name}.256.png", f"{name}.256.svg"]
    for form in ("png", "svg"):
        one, other = ((tmp_path / "new" / f"{name}.256.{form}").read_bytes() for name in "ab")
        assert one == other
    text = (tmp_path / "new" / "a.256.svg").read_text()
    assert text.startswith("<?xml")
    assert not re.search(r"dc:date|dc:creator|/(home|root|tmp|usr)/", text)
