# SPDX-License-Identifier: MIT
"""GNU Radio block: a sample stream to disk, with what is known of its frames."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pmt
from gnuradio import gr

from gsc_sdr.blocks.guard import guarded
from gsc_sdr.blocks.pdu import read_mark, unpack
from gsc_sdr.errors import ShapeError
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.recording.sigmf import Annotation, RecordingInfo, RecordingWriter

__all__ = ["RecordingSink"]

_IN = pmt.intern("annotations")
_BURST = pmt.intern("gsc_burst")
_IMAGE_ID, _FRAME_COUNT = pmt.intern("image_id"), pmt.intern("frame_count")


class RecordingSink(gr.sync_block):
    """Write a stream of samples to a SigMF recording, and where its frames are.

    Who sends connects the stream that BurstSource makes, whose tags say where frames
    are. Who receives connects what goes into the receiver as well, and one of the
    receiver's ports to ``annotations``.

    Message ports
    -------------
    annotations : PDU
        ``frames`` of a FrameParser, where they have a ``start``, or ``captures`` of
        the FrameDetector that searches this same stream: one annotation a frame, with
        ``cfo_hz`` and, of frames, ``image_id``, ``frame_index``, ``frame_count``,
        ``snr_db``. Marks are passed over.

    Parameters
    ----------
    path : str
        ``NAME`` or ``NAME.sigmf-meta``; empty: nothing is recorded.
    info : RecordingInfo
        What is said of the recording.
    overwrite : bool
        Whether a recording of this name may be replaced.

    Attributes
    ----------
    writer : RecordingWriter or None
        With ``n_samples``, ``counts`` and ``error``; None where nothing is recorded.

    Raises
    ------
    ConfigError
        If there is a recording of this name, or the place cannot be written to.

    Notes
    -----
    A stream tag ``gsc_burst``, a dictionary of ``image_id`` and ``frame_count``, tells
    that so many frames begin at its sample. A full disk ends the recording, not the
    stream. The recording is closed when the flowgraph stops, or when its stream ends by
    itself: annotations that are still on their way are then lost.
    """

    def __init__(self, path: str, info: RecordingInfo, overwrite: bool = False) -> None:
        gr.sync_block.__init__(self, name="gsc_recording_sink", in_sig=[np.complex64], out_sig=None)
        self.writer = RecordingWriter(path, info, overwrite) if path else None
        self.info = info
        self.ofdm = info.ofdm or OfdmConfig()
        self.dropped = 0
        self.error: Exception | None = None
        self.message_port_register_in(_IN)
        self.set_msg_handler(_IN, self.handle_annotations)

    @property
    def counts(self) -> Counter[str]:
        """What is on disk and what is not, by name: as RecordingWriter counts."""
        return Counter() if self.writer is None else self.writer.counts

    def annotate_burst(self, start: int, frame_count: int, image_id: int) -> None:
        """Say that the frames of one picture begin at a sample, back to back."""
        for index in range(frame_count):
            place = start + index * self.ofdm.frame_length
            facts = {"image_id": image_id, "frame_index": index, "frame_count": frame_count}
            self._annotate(place, facts)

    @guarded
    def handle_annotations(self, message: Any) -> None:
        """Say where the frames of one message are."""
        if self.writer is None or read_mark(message):
            return
        meta, _ = unpack(message)
        if "start" not in meta or "cfo" not in meta:
            raise ShapeError("message says no start and cfo: connect captures of a frame detector")
        facts = {
            name: meta[name]
            for name in ("image_id", "frame_index", "frame_count", "snr_db")
            if name in meta
        }
        hertz = self.info.sample_rate / self.ofdm.n_fft
        for start, cfo in zip(
            np.atleast_1d(meta["start"]), np.atleast_1d(meta["cfo"]), strict=True
        ):
            self._annotate(int(start), facts | {"cfo_hz": round(float(cfo) * hertz, 3)})

    def work(self, input_items: Any, output_items: Any) -> int:
        """Write what there is."""
        samples = input_items[0]
        if self.writer is not None:
            self.writer.write(samples)
            for tag in self.get_tags_in_window(0, 0, len(samples), _BURST):
                self._handle_tag(tag)
        return len(samples)

    def stop(self) -> bool:
        """Close the recording; the scheduler calls this when the flowgraph ends."""
        if self.writer is not None:
            while self.gateway.nmsgs(_IN):
                self.handle_annotations(self.gateway.delete_head_nowait(_IN))
            self.writer.close()
        return True

    def _handle_tag(self, tag: Any) -> None:
        """Note the frames of one burst; a tag of someone else's is passed over."""
        if not pmt.is_dict(tag.value):
            return
        said = [pmt.dict_ref(tag.value, key, pmt.PMT_NIL) for key in (_IMAGE_ID, _FRAME_COUNT)]
        if all(pmt.is_integer(value) for value in said):
            image_id, frame_count = map(pmt.to_long, said)
            self.annotate_burst(tag.offset, frame_count, image_id)

    def _annotate(self, start: int, facts: dict[str, Any]) -> None:
        """Note one frame."""
        if self.writer is None:
            return
        label = "frame"
        if "frame_index" in facts:
            label = f"{facts['image_id']}: frame {facts['frame_index'] + 1}/{facts['frame_count']}"
        self.writer.annotate(Annotation(start, self.ofdm.frame_length, label, facts))
