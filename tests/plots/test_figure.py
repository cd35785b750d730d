# SPDX-License-Identifier: MIT
"""Files: whole or not at all, and equal for equal figures."""

import pytest

from gsc_sdr.plots.figure import panels, save


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
