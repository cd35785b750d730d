# SPDX-License-Identifier: MIT
"""Joint source-channel codec: latents as analog symbols, and back.

One model serves every rate: symbols are ordered, a rate sends the first ones.
What was not sent, what a fade buried and what was lost with a frame are the
same thing to the decoder: symbols of high noise variance.
"""

from __future__ import annotations

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

from gsc_sdr.codec.blocks import Stage, set_pointwise, silent
from gsc_sdr.codec.linear import heard_parts, linear_code

__all__ = ["JsccCodec"]


class JsccCodec(ModelMixin, ConfigMixin):  # type: ignore[misc]
    r"""Linear analog code with a network in parallel, on both sides.

    A cell is 2 x 2 latent positions, which become ``n_symbols`` complex
    symbols :math:`u`. The decoder sees, for each symbol received as
    :math:`\hat u` with noise variance :math:`\sigma^2`,

    .. math:: w_i \hat u_i, \quad w_i = p_i / (p_i + \sigma^2),

    its linear estimate of least squared error (:math:`p_i` is the power of the
    i-th symbol), which is zero for an erased symbol; and :math:`w` itself: the
    channel's condition, symbol by symbol.

    Parameters
    ----------
    latent_channels : int
        Channels of the latent.
    n_symbols : int
        Complex symbols of a cell at the highest rate.
    widths : (int, int)
        Channels of the networks at latent and at cell resolution.
    encoder_depths, decoder_depths : (int, int)
        Blocks at latent and at cell resolution.
    """

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        latent_channels: int = 16,
        n_symbols: int = 16,
        widths: tuple[int, int] = (96, 256),
        encoder_depths: tuple[int, int] = (1, 3),
        decoder_depths: tuple[int, int] = (3, 4),
    ) -> None:
        super().__init__()
        fine, coarse = widths
        cell, out = 4 * latent_channels, 2 * n_symbols
        self.to_cells = nn.Conv2d(cell, out, 1)
        self.from_cells = nn.Conv2d(out, cell, 1)
        self.log_power = nn.Parameter(torch.zeros(n_symbols))
        self.spread = nn.Sequential(
            nn.Conv2d(latent_channels, fine, 3, padding=1),
            Stage(fine, encoder_depths[0], kernel=3),
            nn.PixelUnshuffle(2),
            nn.Conv2d(4 * fine, coarse, 1),
            Stage(coarse, encoder_depths[1], kernel=3),
            silent(nn.Conv2d(coarse, out, 1)),
        )
        self.gather = nn.Sequential(
            nn.Conv2d(out + n_symbols, coarse, 3, padding=1),
            Stage(coarse, decoder_depths[1], kernel=3),
            nn.Conv2d(coarse, 4 * fine, 1),
            nn.PixelShuffle(2),
            Stage(fine, decoder_depths[0], kernel=5),
            silent(nn.Conv2d(fine, latent_channels, 3, padding=1)),
        )

    def encode(self, latents: Tensor) -> Tensor:
        """Code latents [batch, c, 2h, 2w] as symbols [batch, n_symbols, h, w], complex64.

        The power is as it comes; :mod:`gsc_sdr.codec.power` normalises it.
        """
        linear = self.to_cells(nn.functional.pixel_unshuffle(latents, 2))
        parts = (linear + self.spread(latents)).float()
        return torch.complex(*parts.chunk(2, dim=1))

    def decode(self, symbols: Tensor, noise_var: Tensor) -> Tensor:
        """Recover latents [batch, c, 2h, 2w].

        Parameters
        ----------
        symbols : [batch, k <= n_symbols, h, w], complex64
            Received symbols at the encoder's own power.
        noise_var : [batch, k, h, w], float32
            Their noise variance, linear; ``inf`` where erased.
        """
        parts, weight = heard_parts(symbols, noise_var, self.log_power)
        linear = nn.functional.pixel_shuffle(self.from_cells(parts), 2)
        latents: Tensor = linear + self.gather(torch.cat([parts, weight], dim=1))
        return latents

    @torch.no_grad()
    def set_linear(self, latents: Tensor, importance: Tensor) -> None:
        """Start the linear path as an optimal linear analog code of the cells.

        Parameters
        ----------
        latents : [batch, c, 2h, 2w], float32
            Latents of training pictures.
        importance : [c], float32
            What a unit error of each channel does to the picture (amplitude).
        """
        weight = importance.double().repeat_interleave(4)
        cells = nn.functional.pixel_unshuffle(latents, 2).movedim(1, -1).flatten(0, -2)
        rows = cells.double() * weight
        code = linear_code(rows, self.config.n_symbols)
        mean = code.mean / weight
        self.log_power.copy_(code.power.log())
        set_pointwise(self.to_cells, code.down * weight, -(code.down * weight) @ mean)
        set_pointwise(self.from_cells, code.up / weight[:, None], mean)
