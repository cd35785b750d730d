# SPDX-License-Identifier: MIT
"""A plain neural rival: pictures as analog symbols at once, with no latent between.

In the manner of DeepJSCC (Bourtsoulatze, Burth Kurka and Gunduz 2019), made small
enough for two CPU cores. One model serves 1/48 and 1/24: the symbols of a cell are
ordered, and the lower rate sends the first half.
"""

from __future__ import annotations

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

from gsc_sdr.codec.blocks import Stage, set_pointwise, silent
from gsc_sdr.codec.linear import heard_parts, linear_code
from gsc_sdr.config.rate import CELL

__all__ = ["PixelCodec"]


class PixelCodec(ModelMixin, ConfigMixin):  # type: ignore[misc]
    r"""Linear analog code of 16 x 16 pixels with a network in parallel, on both sides.

    The encoder is blind: it knows neither SNR nor fading, as that of
    :class:`gsc_sdr.codec.jscc.JsccCodec`, so that the two compare. The decoder is
    told the noise variance :math:`\sigma^2` of every symbol and sees, as that one does,

    .. math:: w_i \hat u_i, \quad w_i = p_i / (p_i + \sigma^2),

    and :math:`w` itself, where ADJSCC gives one SNR to both ends. The networks work
    at a quarter, an eighth and a sixteenth of the resolution: layers of a higher one
    are what two CPU cores cannot train.

    Parameters
    ----------
    n_symbols : int
        Complex symbols of a cell at the highest rate.
    widths : (int, int, int)
        Channels of the networks at a quarter, an eighth and a sixteenth.
    encoder_depths, decoder_depths : (int, int, int)
        Blocks at a quarter, an eighth and a sixteenth.

    References
    ----------
    E. Bourtsoulatze, D. Burth Kurka and D. Gunduz, "Deep joint source-channel coding
    for wireless image transmission," IEEE Trans. Cogn. Commun. Netw. 5(3), 2019.
    J. Xu, B. Ai, W. Chen et al., "Wireless image transmission using deep source channel
    coding with attention modules," IEEE Trans. Circuits Syst. Video Technol. 32(4), 2022.
    """

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        n_symbols: int = 32,
        widths: tuple[int, int, int] = (64, 128, 256),
        encoder_depths: tuple[int, int, int] = (1, 2, 2),
        decoder_depths: tuple[int, int, int] = (2, 3, 3),
    ) -> None:
        super().__init__()
        fine, middle, coarse = widths
        cell, out = 3 * CELL**2, 2 * n_symbols
        self.to_symbols = nn.Conv2d(cell, out, 1)
        self.from_symbols = nn.Conv2d(out, cell, 1)
        self.log_power = nn.Parameter(torch.zeros(n_symbols))
        self.spread = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(48, fine, 3, padding=1),
            Stage(fine, encoder_depths[0], kernel=3),
            nn.PixelUnshuffle(2),
            nn.Conv2d(4 * fine, middle, 1),
            Stage(middle, encoder_depths[1], kernel=3),
            nn.PixelUnshuffle(2),
            nn.Conv2d(4 * middle, coarse, 1),
            Stage(coarse, encoder_depths[2], kernel=3),
            silent(nn.Conv2d(coarse, out, 1)),
        )
        self.gather = nn.Sequential(
            nn.Conv2d(out + n_symbols, coarse, 3, padding=1),
            Stage(coarse, decoder_depths[2], kernel=3),
            nn.Conv2d(coarse, 4 * middle, 1),
            nn.PixelShuffle(2),
            Stage(middle, decoder_depths[1], kernel=3),
            nn.Conv2d(middle, 4 * fine, 1),
            nn.PixelShuffle(2),
            Stage(fine, decoder_depths[0], kernel=3),
            silent(nn.Conv2d(fine, 48, 3, padding=1)),
            nn.PixelShuffle(4),
        )

    def encode(self, pictures: Tensor) -> Tensor:
        """Code pictures [batch, 3, 16h, 16w] in -1..1 as symbols [batch, n_symbols, h, w].

        complex64; the power is as it comes, :mod:`gsc_sdr.codec.power` normalises it.
        """
        linear = self.to_symbols(nn.functional.pixel_unshuffle(pictures, CELL))
        parts = (linear + self.spread(pictures)).float()
        return torch.complex(*parts.chunk(2, dim=1))

    def decode(self, symbols: Tensor, noise_var: Tensor) -> Tensor:
        """Recover pictures [batch, 3, 16h, 16w], about -1..1.

        Parameters
        ----------
        symbols : [batch, k <= n_symbols, h, w], complex64
            Received symbols at the encoder's own power.
        noise_var : [batch, k, h, w], float32
            Their noise variance, linear; ``inf`` where erased.
        """
        parts, weight = heard_parts(symbols, noise_var, self.log_power)
        linear = nn.functional.pixel_shuffle(self.from_symbols(parts), CELL)
        pictures: Tensor = linear + self.gather(torch.cat([parts, weight], dim=1))
        return pictures

    @torch.no_grad()
    def set_linear(self, pictures: Tensor) -> None:
        """Start the linear path as an optimal linear analog code of the cells.

        Parameters
        ----------
        pictures : [batch, 3, 16h, 16w], float32
            Training pictures in -1..1; some thousands of cells are enough.
        """
        cells = nn.functional.pixel_unshuffle(pictures, CELL).movedim(1, -1).flatten(0, -2)
        code = linear_code(cells.double(), self.config.n_symbols)
        self.log_power.copy_(code.power.log())
        set_pointwise(self.to_symbols, code.down, -code.down @ code.mean)
        set_pointwise(self.from_symbols, code.up, code.mean)
