# SPDX-License-Identifier: MIT
"""The demo picture: a harbour in the evening, drawn by code and so our own.

Gradients, hard edges, fine lines and textures side by side show what a link
does to each of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from gsc_sdr.plots.harbour import Pen, boat, gulls, jetty, lighthouse, town

__all__ = ["draw_harbour"]

_WIDTH, _HEIGHT, _SCALE = 512, 384, 3  # pixels; drawn larger, then averaged
_HORIZON = 0.54  # of the height
_SUN = (0.575, 0.37)  # of width and height
_SKY = [  # height in the sky, colour
    (0.00, (0.09, 0.16, 0.34)),
    (0.35, (0.30, 0.36, 0.58)),
    (0.65, (0.80, 0.55, 0.56)),
    (0.88, (0.99, 0.73, 0.44)),
    (1.00, (1.00, 0.86, 0.60)),
]
_BOATS = [  # x, y of the water line, height of the mast, hull, sail
    (0.50, 0.575, 0.13, "#3b3348", "#f6e4cf"),
    (0.415, 0.66, 0.27, "#8c2f2b", "#fbf1df"),
    (0.745, 0.635, 0.19, "#23405c", "#e9a65f"),
    (0.85, 0.585, 0.09, "#4a3a2c", "#f2dcc6"),
]

Floats = NDArray[np.float32]


def draw_harbour(seed: int = 0) -> NDArray[np.uint8]:
    """Draw a harbour with town, boats and lighthouse before a sunset.

    Parameters
    ----------
    seed : int
        Seed of clouds, mountains, waves and windows.

    Returns
    -------
    picture : [384, 512, 3], uint8
        sRGB.
    """
    rng = np.random.default_rng(seed)
    shape = _HEIGHT * _SCALE, _WIDTH * _SCALE
    horizon = round(_HORIZON * shape[0])
    land = _image(_ridges(rng, _sky(rng, *shape), horizon))
    pen = Pen(ImageDraw.Draw(land), shape[0])
    town(pen, rng, _HORIZON)
    lighthouse(pen, _HORIZON)
    land = _image(_grain(rng, _floats(land), 0.03))

    mirror = Image.fromarray(_mirrored(np.asarray(land), horizon))
    pen = Pen(ImageDraw.Draw(mirror), shape[0], flip=-1)
    for place in _BOATS:
        boat(pen, *place)
    scene = _image(_water(rng, _floats(land), _floats(mirror), horizon))
    pen = Pen(ImageDraw.Draw(scene), shape[0])
    for place in sorted(_BOATS, key=lambda place: place[1]):
        boat(pen, *place)
    jetty(pen, rng)
    gulls(pen)
    small = scene.resize((_WIDTH, _HEIGHT), Image.Resampling.BOX)
    return np.asarray(_image(_grain(rng, _floats(small), 0.015)))


def _floats(image: Image.Image) -> Floats:
    return np.asarray(image, dtype=np.float32) / 255


def _image(values: Floats) -> Image.Image:
    return Image.fromarray(np.round(np.clip(values, 0, 1) * 255).astype(np.uint8))


def _noise(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[int, int]) -> Floats:
    """Return smooth noise over ``shape``, about zero: octaves of ``cells`` and finer."""
    total = np.zeros(shape, np.float32)
    for octave in range(6):
        rows, cols = (max(2, n * 2**octave) for n in cells)
        if rows > shape[0] or cols > shape[1]:
            break
        grid = Image.fromarray(rng.normal(size=(rows, cols)).astype(np.float32))
        total += np.asarray(grid.resize(shape[::-1], Image.Resampling.BICUBIC)) / 1.8**octave
    return np.asarray(total / total.std(), np.float32)


def _sky(rng: np.random.Generator, height: int, width: int) -> Floats:
    """Return the sky over the whole canvas: gradient, sun, and clouds lit from below."""
    y = np.linspace(0, 1, height, dtype=np.float32)
    x = np.linspace(0, 1, width, dtype=np.float32)
    stops, colours = zip(*_SKY, strict=True)
    sky = np.stack(
        [np.interp(y / _HORIZON, stops, channel) for channel in zip(*colours, strict=True)], axis=-1
    )
    sky = np.repeat(sky[:, None], width, axis=1).astype(np.float32)  # [height, width, 3]
    distance = np.hypot((x[None] - _SUN[0]) * width / height, y[:, None] - _SUN[1])[..., None]
    sky += 0.62 * np.exp(-distance / 0.12) * np.array([1.0, 0.75, 0.4], np.float32)
    clouds = _noise(rng, (height, width), (7, 2))[..., None]
    lit = np.roll(clouds, -height // 60, axis=0) - clouds  # thinner towards the sun: bright rim
    cover = 1 / (1 + np.exp(-2.6 * (clouds - 0.35)))
    cover *= np.clip(1.15 - y[:, None, None] / _HORIZON, 0, 0.85)
    shade = sky * 0.62 + np.array([0.20, 0.10, 0.12], np.float32)
    shade += np.clip(lit, -0.3, 1) * 0.55 * np.array([1.0, 0.55, 0.35], np.float32)
    sky = sky * (1 - cover) + shade * cover
    disc = np.clip((0.034 - distance) * 250, 0, 1)
    return np.asarray(sky * (1 - disc) + disc * np.array([1.0, 0.95, 0.78], np.float32))


def _ridges(rng: np.random.Generator, scene: Floats, horizon: int) -> Floats:
    """Lay four ranges of mountains over the sky, the far ones paler."""
    height, width = scene.shape[:2]
    rows = np.arange(height)[:, None]
    haze = np.array([0.86, 0.62, 0.56], np.float32)
    near = np.array([0.13, 0.17, 0.22], np.float32)
    for depth, reach in ((0.25, 0.21), (0.5, 0.15), (0.72, 0.10), (0.9, 0.055)):
        line = _noise(rng, (64, width), (2, 3))[20]
        slope = 0.75 + 0.45 * np.cos(np.linspace(0.3, 5.2, width) + 4 * depth)
        top = horizon - height * reach * (slope + 0.22 * line).clip(0.05)
        below = np.clip((rows - top) / 2, 0, 1)[..., None]
        rock = _noise(rng, (height, width), (6, 16))[..., None]
        lit = 1 + (0.10 + 0.12 * depth) * rock * np.clip((rows - top)[..., None] / 40, 0, 1)
        mist = np.clip((rows - top) / (horizon - top + 1), 0, 1)[..., None] * 0.35
        colour = haze * (1 - depth) + near * depth
        scene = scene * (1 - below) + (colour * (1 - mist) + haze * mist) * lit * below
    return scene


def _mirrored(land: NDArray[np.uint8], horizon: int) -> NDArray[np.uint8]:
    """Return the canvas with what stands above the horizon turned over below it."""
    rows = np.clip(2 * horizon - 1 - np.arange(len(land)), 0, len(land) - 1)
    return np.ascontiguousarray(land[rows])


def _water(rng: np.random.Generator, land: Floats, mirror: Floats, horizon: int) -> Floats:
    """Break the mirrored scene by waves that grow towards the viewer."""
    height, width = land.shape[:2]
    near = np.linspace(0, 1, height - horizon, dtype=np.float32)[:, None]
    waves = _noise(rng, (height, width), (56, 9))
    rows = horizon + np.round((height - horizon) * (near + 0.02) ** 0.55 - 1).astype(int)
    waves = waves[np.clip(rows[:, 0], 0, height - 1)]  # perspective: far waves lie closer
    y = np.arange(horizon, height)[:, None] + waves * (2 + 26 * near) * height / 1152
    x = np.arange(width)[None] + np.roll(waves, 37, axis=1) * (1 + 7 * near) * width / 1536
    seen = mirror[np.clip(y, horizon, height - 1).astype(int), np.clip(x, 0, width - 1).astype(int)]
    deep = np.array([0.06, 0.17, 0.25], np.float32)
    depth = (0.10 + 0.5 * near)[..., None]
    water = seen * (1 - depth) + deep * depth
    water *= 1 + (0.05 + 0.16 * near)[..., None] * waves[..., None]
    column = np.exp(-(((np.arange(width) / width - _SUN[0]) / (0.03 + 0.05 * near)) ** 2))
    glitter = np.clip(waves - 0.55, 0, 1.2) * column * (1 - 0.35 * near)
    water += 0.75 * glitter[..., None] * np.array([1.0, 0.78, 0.45], np.float32)
    return np.concatenate([land[:horizon], water])


def _grain(rng: np.random.Generator, scene: Floats, strength: float) -> Floats:
    """Roughen every surface a little, as paper does."""
    height, width = scene.shape[:2]
    paper = _noise(rng, (height, width), (height // 3, width // 3))
    return scene * (1 + strength * 0.5 * np.clip(paper, -2, 2)[..., None])
