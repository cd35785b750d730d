# SPDX-License-Identifier: MIT
"""Reading a recording: checked when opened, then read anywhere."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

import gsc_sdr
from gsc_sdr.errors import ConfigError
from gsc_sdr.recording.info import FULL_NUMBER, Annotation, RecordingInfo
from gsc_sdr.recording.metadata import read_metadata, recording_paths

__all__ = ["Recording"]

_log = logging.getLogger(__name__)

_DEMO = Path(gsc_sdr.__file__).parent / "data" / "demo"


class Recording:
    """A recording, checked, to be read anywhere.

    Parameters
    ----------
    path : path
        ``NAME.sigmf-meta``, ``NAME.sigmf-data`` or ``NAME``; ``demo``, where there is
        no such recording, is the one that ships.

    Attributes
    ----------
    info : RecordingInfo
        What is said of the whole.
    n_samples : int
        Samples that are there.
    annotations : list of Annotation
        By their start; also those of samples that are not there.
    warnings : list of str
        What is amiss and can be lived with: a cut end. Logged too.

    Raises
    ------
    ConfigError
        If a file is missing or empty, the metadata is no SigMF, the data are not of
        a type that this reads, or do not have the checksum that was written. The
        message begins with the file's name.

    Notes
    -----
    Samples are read when asked for, into memory of their own: a file that is cut
    while it is open ends the reading and not, as a mapped one would, the process.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.meta_path, self.data_path = recording_paths(path)
        if str(path) == "demo" and not self.meta_path.exists():
            self.meta_path, self.data_path = recording_paths(_DEMO)
        self.warnings: list[str] = []
        self._fd = -1
        try:
            self.metadata = read_metadata(self.meta_path)
            about, captures = self.metadata["global"], self.metadata["captures"] or [{}]
            _refuse_unknown(about, captures)
            self.info = RecordingInfo.from_sigmf(about, captures[0])
        except ConfigError as error:
            raise ConfigError(f"{self.meta_path}: {error}") from error
        try:
            self._fd = os.open(self.data_path, os.O_RDONLY)
            self.n_samples = self._measure(about)
        except OSError as error:
            raise ConfigError(
                f"{self.data_path}: {error.strerror}; it belongs beside its .sigmf-meta"
            ) from error
        offset = about.get("core:offset", 0)
        self.annotations = [
            Annotation.from_sigmf(values, offset, self.n_samples)
            for values in self.metadata["annotations"]
        ]
        self._check(about)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Return a recording, checked: the same as calling the class."""
        return cls(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the data file. Any number of times."""
        if getattr(self, "_fd", -1) >= 0:
            os.close(self._fd)
            self._fd = -1

    def read(self, start: int, n: int) -> NDArray[np.complex64]:
        """Return up to ``n`` samples from index ``start``; fewer at the end.

        Returns
        -------
        samples : [<= n], complex64
            cf32_le bit for bit; ci16_le as numbers / 32768 * full_scale.
        """
        start = max(0, start)
        n = max(0, min(n, self.n_samples - start))
        size = self.info.bytes_per_sample
        data = os.pread(self._fd, n * size, start * size)
        data = data[: len(data) // size * size]
        if self.info.datatype == "cf32_le":
            return np.frombuffer(data, "<c8").astype(np.complex64)
        scale = np.float32(self.info.full_scale / FULL_NUMBER)
        return (np.frombuffer(data, "<i2") * scale).astype(np.float32).view(np.complex64)

    def _measure(self, about: dict[str, Any]) -> int:
        """Return how many whole samples there are; note those that are not."""
        size = os.fstat(self._fd).st_size
        n_samples, rest = divmod(size, self.info.bytes_per_sample)
        if not n_samples:
            raise ConfigError(f"{self.data_path}: holds no sample; record once more")
        if rest:
            self.warnings.append(f"the last sample is cut: {rest} bytes are passed over")
        promised = about.get("gsc:n_samples", 0)
        if isinstance(promised, int) and n_samples < promised:
            self.warnings.append(f"{n_samples} of {promised} samples are there")
        return n_samples

    def _check(self, about: dict[str, Any]) -> None:
        """Note what is missing at the end; else hold the data against their checksum."""
        beyond = sum(a.start + a.length > self.n_samples for a in self.annotations)
        if beyond:
            self.warnings.append(f"{beyond} annotations reach beyond the last sample")
        for warning in self.warnings:
            _log.warning("%s: %s", self.data_path, warning)
        if self.warnings or "core:sha512" not in about:
            return
        with self.data_path.open("rb") as data:
            found = hashlib.file_digest(data, "sha512").hexdigest()
        if found != about["core:sha512"].lower():
            raise ConfigError(
                f"{self.data_path}: its checksum is not that of the metadata, so it was changed or "
                'cut: copy it once more, or take "core:sha512" out of the metadata to read it as is'
            )


def _refuse_unknown(about: dict[str, Any], captures: list[dict[str, Any]]) -> None:
    """Raise ConfigError where the data are laid out in a way that this does not read."""
    if about.get("core:num_channels", 1) != 1:
        raise ConfigError(f"it has {about['core:num_channels']} channels; this reads one")
    if about.get("core:metadata_only"):
        raise ConfigError("it comes without samples (core:metadata_only): get the whole recording")
    strange = [key for key in ("core:dataset", "core:trailing_bytes") if about.get(key)]
    strange += ["core:header_bytes"] * any(c.get("core:header_bytes") for c in captures)
    if strange:
        raise ConfigError(f"it has {strange[0]}: convert it to a plain .sigmf-data file first")
