# SPDX-License-Identifier: MIT
"""A small autoencoder whose latent channels are ordered by importance.

Any first k channels decode to a picture, so a low rate sends the coarse
channels and a high rate adds detail. It speaks the interface of diffusers'
autoencoders (config, ``save_pretrained``, ``encode``, ``decode``).
"""

from __future__ import annotations

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTinyOutput
from diffusers.models.autoencoders.vae import DecoderOutput
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

from gsc_sdr.codec.blocks import Stage, set_pointwise, silent

__all__ = ["NestedAutoencoder"]

_PATCH = 8  # pixels along one side of a latent position


class NestedAutoencoder(ModelMixin, ConfigMixin):  # type: ignore[misc]
    r"""Linear transform coder with a network in parallel, on both sides.

    With :math:`P` the unshuffle to 8 x 8 patches and :math:`f, g` networks,

    .. math:: z = W P(x) + f(x), \qquad \hat x = P^{-1}(V z) + g(z).

    ``W`` and ``V`` start as principal components of the training pictures
    (:meth:`set_linear`), whose order is the order of importance; nested dropout
    keeps it while the networks learn. Full-resolution convolutions are what
    costs on a CPU, so the networks work at a quarter and an eighth.

    Parameters
    ----------
    in_channels : int
        Colours of the picture.
    latent_channels : int
        Channels of the latent.
    widths : (int, int)
        Channels of the networks at a quarter and at an eighth.
    encoder_depths, decoder_depths : (int, int)
        Blocks at a quarter and at an eighth.
    scaling_factor : float
        What a diffusion model multiplies latents by; as in diffusers.
    """

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        in_channels: int = 3,
        latent_channels: int = 16,
        widths: tuple[int, int] = (80, 192),
        encoder_depths: tuple[int, int] = (2, 3),
        decoder_depths: tuple[int, int] = (3, 4),
        scaling_factor: float = 1.0,
    ) -> None:
        super().__init__()
        quarter, eighth = widths
        n_quarter, n_eighth = in_channels * 16, in_channels * 64
        self.to_patches = nn.Conv2d(n_eighth, latent_channels, 1)
        self.from_patches = nn.Conv2d(latent_channels, n_eighth, 1)
        self.analysis = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(n_quarter, quarter, 3, padding=1),
            Stage(quarter, encoder_depths[0]),
            nn.PixelUnshuffle(2),
            nn.Conv2d(4 * quarter, eighth, 1),
            Stage(eighth, encoder_depths[1]),
            silent(nn.Conv2d(eighth, latent_channels, 1)),
        )
        self.synthesis = nn.Sequential(
            nn.Conv2d(latent_channels, eighth, 3, padding=1),
            Stage(eighth, decoder_depths[1]),
            nn.Conv2d(eighth, 4 * quarter, 1),
            nn.PixelShuffle(2),
            Stage(quarter, decoder_depths[0]),
            silent(nn.Conv2d(quarter, n_quarter, 3, padding=1)),
            nn.PixelShuffle(4),
        )

    def encode(self, x: Tensor, return_dict: bool = True) -> AutoencoderTinyOutput | tuple[Tensor]:
        """Code pictures [batch, colours, 8h, 8w] in -1..1 as latents [batch, c, h, w]."""
        linear = self.to_patches(nn.functional.pixel_unshuffle(x, _PATCH))
        latents = linear + self.analysis(x)
        return AutoencoderTinyOutput(latents=latents) if return_dict else (latents,)

    def decode(self, z: Tensor, return_dict: bool = True) -> DecoderOutput | tuple[Tensor]:
        """Decode latents [batch, k <= c, h, w]; missing channels count as zero."""
        missing = self.config.latent_channels - z.shape[1]
        z = nn.functional.pad(z, (0, 0, 0, 0, 0, missing)) if missing else z
        linear = nn.functional.pixel_shuffle(self.from_patches(z), _PATCH)
        sample = linear + self.synthesis(z)
        return DecoderOutput(sample=sample) if return_dict else (sample,)

    def forward(self, x: Tensor, n_channels: Tensor | None = None) -> Tensor:
        """Code and decode pictures, keeping ``n_channels`` [batch] of each latent."""
        latents = self.encode(x, return_dict=False)[0]
        if n_channels is not None:
            index = torch.arange(latents.shape[1], device=latents.device)
            latents = latents * (index < n_channels[:, None])[:, :, None, None]
        sample: Tensor = self.decode(latents, return_dict=False)[0]
        return sample

    @torch.no_grad()
    def set_linear(self, pictures: Tensor) -> None:
        """Start the linear path as whitened principal components.

        Parameters
        ----------
        pictures : [batch, colours, 8h, 8w], float32
            Training pictures in -1..1; some hundreds are enough.
        """
        patches = nn.functional.pixel_unshuffle(pictures, _PATCH)
        rows = patches.movedim(1, -1).flatten(0, -2).double()  # [n, 64 * colours]
        mean = rows.mean(dim=0)
        variance, basis = torch.linalg.eigh(torch.cov(rows.T))
        n_latent = self.config.latent_channels
        basis, scale = basis.flip(1)[:, :n_latent], variance.flip(0)[:n_latent].sqrt()
        down, up = (basis / scale).T, basis * scale
        set_pointwise(self.to_patches, down, -down @ mean)
        set_pointwise(self.from_patches, up, mean)
