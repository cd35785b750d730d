# SPDX-License-Identifier: MIT
"""What this project raises.

* GscError
  - ShapeError    an array that is not of the shape its docstring gives
  - FrameError    a received frame that cannot be read
  - ConfigError   a setting that is missing, unknown or out of range
  - ImageError    a picture that cannot be opened or is out of bounds
  - ModelError    weights that are missing, corrupt or do not fit
  - MissingError  a part of the installation that is not there
"""

__all__ = [
    "ConfigError",
    "FrameError",
    "GscError",
    "ImageError",
    "MissingError",
    "ModelError",
    "ShapeError",
]


class GscError(Exception):
    """Base of every error raised here; catch it at a process boundary."""


class ShapeError(GscError, ValueError):
    """An array is not of the shape that its docstring gives."""


class FrameError(GscError):
    """A received frame cannot be read; the frame is lost, the link is not.

    Parameters
    ----------
    message : str
        What was wrong, the value, the mend.
    cause : str
        One word under which a receiver counts the loss, e.g. ``"crc"``.
    """

    def __init__(self, message: str, cause: str = "other") -> None:
        super().__init__(message)
        self.cause = cause


class ConfigError(GscError, ValueError):
    """A setting is missing, unknown or out of range."""


class ImageError(GscError):
    """A picture cannot be opened, or is out of bounds."""


class ModelError(GscError):
    """A model's weights are missing, corrupt or do not fit."""


class MissingError(GscError):
    """A part of the installation is not there; the message says how to get it."""
