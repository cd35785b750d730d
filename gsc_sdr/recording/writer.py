# SPDX-License-Identifier: MIT
"""Writing a recording: samples as they come, what is said of them beside."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import threading
import time
from bisect import insort
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gsc_sdr.errors import ConfigError
from gsc_sdr.recording.info import FULL_NUMBER, Annotation, RecordingInfo
from gsc_sdr.recording.metadata import global_object, recording_paths, to_text, validate

__all__ = ["RecordingWriter"]

_log = logging.getLogger(__name__)

_MOST_ANNOTATIONS = 200_000  # some 10 minutes of back-to-back frames at 1 Msample/s, 40 MB
_REFRESH_S = 2.0  # between writings of the metadata, if there is news
_REFRESH_SHARE = 50  # and at least so many times as long as one takes
_SPARE = 2**16  # bytes beyond the metadata's that a full disk needs to take them
_CHUNK = 2**20  # samples that are turned into 16 bits at once


class RecordingWriter:
    """Write samples and annotations to a new recording.

    May be used from several threads. What the disk does not take is counted, never
    raised: a link goes on when its recording cannot.

    Parameters
    ----------
    path : path
        ``NAME``, ``NAME.sigmf-meta`` or ``NAME.sigmf-data``; folders are made.
    info : RecordingInfo
        What is said of the recording.
    overwrite : bool
        Whether a recording of this name may be replaced.
    began : datetime or None
        When the first sample was taken; None for now.

    Attributes
    ----------
    counts : Counter
        ``samples`` on disk, ``unrecorded`` (samples that came after the recording
        stopped), ``clipped`` (numbers beyond ``full_scale``), ``annotations``,
        ``unrecorded_annotations``.
    error : OSError or None
        Why the recording stopped before it was closed.

    Raises
    ------
    ConfigError
        If there is a recording of this name, or the place cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with RecordingWriter(f"{folder}/a", RecordingInfo(1e6)) as writer:
    ...         _ = writer.write([1, 1j, -1])
    ...         writer.annotate(Annotation(1, 2, "frame", {"image_id": 7}))
    ...         writer.n_samples
    3
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        info: RecordingInfo,
        overwrite: bool = False,
        began: datetime | None = None,
    ) -> None:
        self.info = info
        self.meta_path, self.data_path = recording_paths(path)
        self.counts: Counter[str] = Counter()
        self.error: OSError | None = None
        self._lock = threading.RLock()
        self._about = global_object(info.to_sigmf())
        when = (began or datetime.now(UTC)).isoformat(timespec="microseconds")
        self._captures = [
            {
                "core:sample_start": 0,
                "core:frequency": info.frequency_hz,
                "core:datetime": when.replace("+00:00", "Z"),
            }
        ]
        self._annotations: list[tuple[int, int, str]] = []  # start, end, JSON; by start
        self._n_taken = 0
        self._has_news = False
        self._next_refresh = time.monotonic() + _REFRESH_S
        self._hash = hashlib.sha512()
        validate({"global": self._about, "captures": self._captures, "annotations": []})
        self._data = self._create(overwrite)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def n_samples(self) -> int:
        """Samples on disk."""
        return self.counts["samples"]

    @property
    def is_open(self) -> bool:
        """Whether samples are still taken."""
        return not self._data.closed

    def write(self, samples: ArrayLike) -> int:
        """Take the next samples [n], complex64; return how many are now on disk.

        All of them, or fewer once the disk is full or the recording closed.
        """
        taken = np.ascontiguousarray(samples, np.complex64).reshape(-1)
        with self._lock:
            before = self.n_samples
            self._n_taken += len(taken)
            if self.is_open:
                self._append(taken)
                self._refresh()
            self.counts["unrecorded"] = self._n_taken - self.n_samples
            return max(0, self.n_samples - before)

    def annotate(self, annotation: Annotation) -> None:
        """Say something of a stretch, in any order; it may be still to come.

        Numbers that are not finite are left out, as JSON has none.
        """
        facts = {name: _plain(value) for name, value in annotation.facts.items()}
        facts = {name: value for name, value in facts.items() if value is not None}
        plain = Annotation(int(annotation.start), int(annotation.length), annotation.label, facts)
        with self._lock:
            if not self.is_open or len(self._annotations) >= _MOST_ANNOTATIONS or plain.start < 0:
                self.counts["unrecorded_annotations"] += 1
                return
            text = json.dumps(plain.to_sigmf(), allow_nan=False)
            insort(self._annotations, (plain.start, plain.start + plain.length, text))
            self.counts["annotations"] += 1
            self._has_news = True
            self._refresh()

    def close(self) -> None:
        """End the recording: write its checksum and what is said of it. Any number of times."""
        with self._lock:
            if not self.is_open:
                return
            self._data.close()
            self._about["core:sha512"] = self._hash.hexdigest()
            self._about["gsc:n_samples"] = self.n_samples
            try:
                self._write_metadata()
            except OSError as error:
                self.error = self.error or error
                self._make_room()
            self.counts["unrecorded"] = self._n_taken - self.n_samples

    def _create(self, overwrite: bool) -> Any:
        """Make both files; return the data file, open."""
        made: list[Any] = []
        try:
            self.meta_path.parent.mkdir(parents=True, exist_ok=True)
            mode = "wb" if overwrite else "xb"
            made.append(self.meta_path.open(mode, buffering=0))
            made.append(self.data_path.open(mode, buffering=0))
            self._write_metadata()
        except OSError as error:
            for opened in made:
                opened.close()
                Path(opened.name).unlink(missing_ok=True)
            if isinstance(error, FileExistsError) and self.meta_path.parent.is_dir():
                raise ConfigError(
                    f"{error.filename} exists: choose another name, or remove the recording"
                ) from error
            raise ConfigError(
                f"{self.meta_path} cannot be written ({error.strerror}): choose another place"
            ) from error
        made[0].close()
        return made[1]

    def _append(self, samples: NDArray[np.complex64]) -> None:
        """Put samples at the end of the data file; stop the recording if they do not fit."""
        try:
            for at in range(0, len(samples), _CHUNK):
                part = samples[at : at + _CHUNK]
                data = memoryview(self._encode(part).data).cast("B")
                self._hash.update(data)
                while len(data):
                    data = data[self._data.write(data) :]
                self.counts["samples"] += len(part)
        except OSError as error:
            self._stop(error)

    def _encode(self, samples: NDArray[np.complex64]) -> NDArray[Any]:
        """Return samples as they stand on disk."""
        if self.info.datatype == "cf32_le":
            return samples.astype("<c8", copy=False)
        numbers = np.nan_to_num(
            samples.view(np.float32) * np.float32(FULL_NUMBER / self.info.full_scale)
        )
        numbers = np.rint(numbers)
        self.counts["clipped"] += int(
            np.count_nonzero((numbers < -FULL_NUMBER) | (numbers > FULL_NUMBER - 1))
        )
        return numbers.clip(-FULL_NUMBER, FULL_NUMBER - 1).astype("<i2")

    def _stop(self, error: OSError) -> None:
        """End a recording that the disk no longer takes, with whole samples."""
        self.error = error
        _log.error(
            "the recording %s stops after %d samples (%s); the link goes on",
            self.data_path,
            self.n_samples,
            error.strerror,
        )
        self._about["gsc:stopped"] = error.strerror or str(error)
        with suppress(OSError):  # someone took the file away
            self._cut(os.fstat(self._data.fileno()).st_size)
        self.close()

    def _cut(self, n_bytes: int) -> None:
        """Shorten the data file to whole samples within ``n_bytes``."""
        n_samples = max(0, n_bytes) // self.info.bytes_per_sample
        os.truncate(self.data_path, n_samples * self.info.bytes_per_sample)
        with self.data_path.open("rb") as data:
            self._hash = hashlib.file_digest(data, "sha512")
        self.counts["samples"] = n_samples

    def _make_room(self) -> None:
        """Give the end of the data for the metadata, on a full disk."""
        with suppress(OSError):
            room = self.data_path.stat().st_size - len(self._text().encode()) - _SPARE
            if room > 0:
                self._cut(room)
                self._about["core:sha512"] = self._hash.hexdigest()
                self._about["gsc:n_samples"] = self.n_samples
                self._write_metadata()
                return
        _log.error("the metadata of %s cannot be written, and stay as they were", self.data_path)

    def _refresh(self) -> None:
        """Write the metadata now and then, for the case that this process is killed."""
        began = time.monotonic()
        if not self._has_news or began < self._next_refresh:
            return
        with suppress(OSError):  # the next samples meet the full disk
            self._write_metadata()
        self._has_news = False
        now = time.monotonic()
        self._next_refresh = now + max(_REFRESH_S, _REFRESH_SHARE * (now - began))

    def _text(self) -> str:
        """Return the metadata, with the annotations of what is on disk."""
        end = self.n_samples
        lines = (text for _, last, text in self._annotations if last <= end)
        return to_text(self._about, self._captures, lines)

    def _write_metadata(self) -> None:
        """Replace the metadata file: it is whole at any time."""
        part = self.meta_path.with_name(f".{self.meta_path.name}.part")
        try:
            part.write_text(self._text(), encoding="utf-8")
            part.replace(self.meta_path)
        except OSError:
            part.unlink(missing_ok=True)
            raise


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; None for a number that is not finite."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
