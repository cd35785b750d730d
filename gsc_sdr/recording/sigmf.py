# SPDX-License-Identifier: MIT
"""Sample streams on disk, as SigMF: written as they come, checked when opened.

A recording is two files, NAME.sigmf-data with the samples and NAME.sigmf-meta
with what is said of them. How many samples there are is seen from the first, so
that a recording whose writer was killed is a whole one.
"""

from gsc_sdr.recording.info import Annotation, RecordingInfo
from gsc_sdr.recording.reader import Recording
from gsc_sdr.recording.writer import RecordingWriter

__all__ = ["Annotation", "Recording", "RecordingInfo", "RecordingWriter"]
