# SPDX-License-Identifier: MIT
"""What stands in the demo picture: houses, lighthouse, boats, a jetty, gulls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import ImageDraw

__all__ = ["Pen", "boat", "gulls", "jetty", "lighthouse", "town"]

_WALLS = ("#e8d3b0", "#c9705a", "#dfa65a", "#8fa6a8", "#f0e6d8", "#a65048", "#b8b48c", "#d98c6a")
_ROOFS = ("#6e2f2a", "#7d3b2e", "#54303a", "#8a4a34")
_WIDE = 4 / 3  # width of the canvas, in heights


@dataclass(frozen=True)
class Pen:
    """Draws in shares of the canvas: x of its width, y and sizes of its height.

    Attributes
    ----------
    draw : ImageDraw
        What it draws on.
    height : int, pixels
        Height of the canvas.
    flip : int
        1, or -1 to draw what grows from a base line downwards, as a reflection.
    """

    draw: ImageDraw.ImageDraw
    height: int
    flip: int = 1

    def area(self, base: tuple[float, float], points: list[tuple[float, float]], fill: str) -> None:
        """Fill a polygon of (right, up) points, in heights, from a base point."""
        self.draw.polygon([self._at(base, point) for point in points], fill=fill)

    def line(
        self, base: tuple[float, float], points: list[tuple[float, float]], fill: str, wide: float
    ) -> None:
        """Draw a line through (right, up) points, ``wide`` in heights."""
        where = [self._at(base, point) for point in points]
        self.draw.line(where, fill=fill, width=max(1, round(wide * self.height)), joint="curve")

    def box(
        self,
        base: tuple[float, float],
        corner: tuple[float, float],
        size: tuple[float, float],
        fill: str,
    ) -> None:
        """Fill a rectangle whose lower left ``corner`` is given, (right, up)."""
        (x, y), (w, h) = corner, size
        self.area(base, [(x, y), (x + w, y), (x + w, y + h), (x, y + h)], fill)

    def _at(self, base: tuple[float, float], point: tuple[float, float]) -> tuple[float, float]:
        x = base[0] * _WIDE + point[0]
        return x * self.height, (base[1] - self.flip * point[1]) * self.height


def town(pen: Pen, rng: np.random.Generator, shore: float) -> None:
    """Draw rows of houses up a hill on the left, a church among them, and the quay."""
    for row, (lift, end, size) in enumerate(
        [(0.125, 0.20, 0.030), (0.080, 0.27, 0.036), (0.035, 0.33, 0.043), (0.0, 0.385, 0.052)]
    ):
        x = -0.01
        while x < end:
            width = size * rng.uniform(0.85, 1.35)
            lower = lift * (1 - 0.75 * x / end) + 0.018
            if row == 1 and 0.12 < x < 0.16:
                _church(pen, (x, shore - lower))
            _house(pen, rng, (x, shore - lower), (width, size * rng.uniform(0.8, 1.25)))
            x += width / _WIDE
    pen.box((0, shore), (0, -0.004), (0.56, 0.024), "#5c5048")
    for x in np.arange(0.004, 0.55, 0.014):
        tone = rng.integers(70, 120)
        fill = f"#{tone + 18:02x}{tone + 4:02x}{tone - 8:02x}"
        pen.box((0, shore), (x, rng.uniform(0, 0.008)), (0.011, 0.008), fill)


def _house(
    pen: Pen, rng: np.random.Generator, base: tuple[float, float], size: tuple[float, float]
) -> None:
    """Draw one house: wall with a shaded side, roof with tiles, windows, chimney."""
    width, height = size
    wall, roof = rng.choice(_WALLS), rng.choice(_ROOFS)
    ridge = height * rng.uniform(1.35, 1.55)
    pen.box(base, (width * 0.68, height), (width * 0.12, height * 0.55), "#4b3a38")
    pen.box(base, (0, -0.02), (width, height + 0.02), wall)
    pen.box(base, (0, -0.02), (width * 0.14, height + 0.02), "#5b4a50")
    eaves = [(-0.05, 0.96), (0.5, ridge / height), (1.05, 0.96)]
    pen.area(base, [(x * width, y * height) for x, y in eaves], roof)
    for share in (0.3, 0.55, 0.8):
        y = height * 0.96 + (ridge - height * 0.96) * (1 - share)
        reach = 0.52 * share * width
        middle = width / 2
        pen.line(base, [(middle - reach, y), (middle + reach, y)], "#3d2226", 0.001)
    for x in (0.24, 0.50, 0.76):
        for y in (0.15, 0.58):
            glass = "#ffd98a" if rng.random() < 0.4 else "#2b2f42"
            pane = (width * 0.15, height * 0.24)
            pen.box(base, (width * x - pane[0] * 0.2, height * y), pane, glass)


def _church(pen: Pen, base: tuple[float, float]) -> None:
    """Draw a tower with a pointed roof and a clock."""
    pen.box(base, (0, 0), (0.034, 0.125), "#d8c8ae")
    pen.box(base, (0, 0), (0.008, 0.125), "#7d6a66")
    pen.area(base, [(-0.004, 0.122), (0.017, 0.205), (0.038, 0.122)], "#3f5a58")
    pen.box(base, (0.013, 0.094), (0.011, 0.014), "#f7ecd0")
    for y in (0.03, 0.06):
        pen.box(base, (0.014, y), (0.008, 0.018), "#2c2734")


def lighthouse(pen: Pen, shore: float) -> None:
    """Draw a striped lighthouse on rocks at the right."""
    rocks = [(0.0, 0.0), (0.03, 0.018), (0.07, 0.026), (0.10, 0.046), (0.15, 0.040), (0.19, 0.056)]
    pen.area((0.83, shore), [*rocks, (0.26, 0.05), (0.26, -0.003), (0, -0.003)], "#3a3438")
    for x, y, size in ((0.05, 0.004, 0.02), (0.11, 0.012, 0.03), (0.17, 0.008, 0.04)):
        pen.area((0.83, shore), [(x, y), (x + size, y + 0.022), (x + size * 1.4, y)], "#5d5250")
    base = (0.935, shore - 0.042)
    for stripe in range(6):
        low, high = stripe * 0.034, (stripe + 1) * 0.034
        left, right = 0.022 - low * 0.045, 0.022 - high * 0.045
        fill = ("#f3eadc", "#c03a30")[stripe % 2]
        pen.area(base, [(-left, low), (left, low), (right, high), (-right, high)], fill)
        shade = ("#b8a89c", "#7c2629")[stripe % 2]
        pen.area(
            base, [(left * 0.35, low), (left, low), (right, high), (right * 0.35, high)], shade
        )
    pen.box(base, (-0.018, 0.204), (0.036, 0.005), "#2b2830")
    pen.box(base, (-0.010, 0.209), (0.020, 0.022), "#ffe9a8")
    pen.area(base, [(-0.014, 0.231), (0, 0.252), (0.014, 0.231)], "#8c2a26")


def boat(pen: Pen, x: float, y: float, height: float, *colours: str) -> None:
    """Draw a sailing boat whose mast is ``height`` high; colours of hull and sail."""
    hull, sail = colours
    base = (x, y)

    def scaled(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(right * height, up * height) for right, up in points]

    pen.line(base, scaled((0.0, 0.08), (0.0, 1.0)), "#3a2a22", 0.018 * height)
    pen.area(base, scaled((0.025, 0.17), (0.025, 0.95), (0.13, 0.6), (0.42, 0.19)), sail)
    pen.area(base, scaled((-0.03, 0.20), (-0.015, 0.86), (-0.33, 0.16)), "#d9bfae")
    for up in (0.33, 0.48, 0.63, 0.78):
        pen.line(base, scaled((0.03, up), (0.34 - 0.33 * up, up + 0.03)), "#b99f8d", 0.004 * height)
    pen.area(
        base,
        scaled((-0.40, 0.115), (-0.30, -0.01), (0.34, -0.01), (0.47, 0.13), (0.1, 0.085)),
        hull,
    )
    pen.line(base, scaled((-0.38, 0.09), (0.1, 0.065), (0.44, 0.105)), "#efe3d2", 0.016 * height)
    pen.box(base, (0.06 * height, 0.085 * height), (0.16 * height, 0.05 * height), "#e8d9c3")
    pen.line(base, scaled((-0.40, 0.115), (0.0, 1.0), (0.47, 0.13)), "#55443c", 0.005 * height)


def jetty(pen: Pen, rng: np.random.Generator) -> None:
    """Draw a wooden jetty that leads from the lower left corner into the water."""
    near, far = ((-0.02, 0.0), (0.46, 0.0)), ((0.31, 0.205), (0.385, 0.205))
    base = (0.0, 1.01)
    n_planks = 30
    for plank in range(n_planks, -1, -1):
        low, high = (1 - (share / (n_planks + 1)) ** 0.6 for share in (plank + 1, plank + 0.12))
        tone = int(rng.integers(62, 104)) + round(40 * (1 - plank / n_planks) * low)
        fill = f"#{tone + 26:02x}{tone:02x}{tone - 22:02x}"
        edges = [
            tuple(np.add(a, np.multiply(share, np.subtract(b, a))))
            for share in (low, high)
            for a, b in zip(near, far, strict=True)
        ]
        pen.area(base, [edges[0], edges[1], edges[3], edges[2]], fill)
    for share in (0.02, 0.38, 0.66, 0.86, 0.99):
        for side, (a, b) in enumerate(zip(near, far, strict=True)):
            x, y = np.add(a, np.multiply(share, np.subtract(b, a)))
            size = 1 - 0.72 * share
            wide, tall = 0.026 * size, 0.10 * size
            pen.box(base, (x - wide / 2, y - tall * 0.5), (wide, tall * 1.3), "#3a2b24")
            pen.box(base, (x - wide / 2, y + tall * 0.74), (wide, tall * 0.06), "#a98a6c")
            pen.box(
                base, (x + wide * (0.2 - 0.5 * side), y - tall * 0.4), (wide * 0.3, tall), "#6b5140"
            )


def gulls(pen: Pen) -> None:
    """Draw a few gulls."""
    for x, y, size in (
        (0.30, 0.14, 0.022),
        (0.35, 0.18, 0.015),
        (0.27, 0.21, 0.012),
        (0.80, 0.11, 0.017),
    ):
        wings = [
            (-1, 0.30),
            (-0.55, 0.48),
            (-0.1, 0.05),
            (0, 0),
            (0.12, 0.08),
            (0.6, 0.55),
            (1, 0.42),
        ]
        points = [(right * size, up * size) for right, up in wings]
        pen.line((x, y), points, "#f4ece6", 0.0032)
