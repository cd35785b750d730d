# SPDX-License-Identifier: MIT
"""What is said of a recording: checked when it is said, the same when read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gsc_sdr.errors import ConfigError
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.recording.info import Annotation, RecordingInfo

TEXTS = st.text(max_size=20)
FACTS = st.dictionaries(st.text(min_size=6, max_size=9), st.integers() | TEXTS | st.booleans())


@settings(deadline=None)
@given(
    sample_rate=st.floats(1, 1e10),
    frequency_hz=st.floats(-1e12, 1e12),
    datatype=st.sampled_from(["cf32_le", "ci16_le"]),
    description=TEXTS,
    facts=FACTS.filter(lambda facts: not {"commit", "stopped"} & facts.keys()),
)
def test_it_is_the_same_when_read(sample_rate, frequency_hz, datatype, description, facts):
    info = RecordingInfo(
        sample_rate,
        frequency_hz,
        OfdmConfig(),
        datatype,
        description=description,
        facts=facts,
    )
    assert RecordingInfo.from_sigmf(info.to_sigmf(), {"core:frequency": frequency_hz}) == info


@settings(deadline=None)
@given(start=st.integers(0), length=st.integers(0), label=TEXTS, facts=FACTS)
def test_an_annotation_is_the_same_when_read(start, length, label, facts):
    annotation = Annotation(start, length, label, facts)
    assert Annotation.from_sigmf(annotation.to_sigmf(), 0, 10) == annotation


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"sample_rate": 0}, "sample_rate is 0; give 1 to 1e"),
        ({"sample_rate": float("nan")}, "sample_rate is nan"),
        ({"sample_rate": True}, "sample_rate is True"),
        ({"sample_rate": "1e6"}, "sample_rate is '1e6'"),
        ({"frequency_hz": 2e12}, "frequency is 2000000000000.0 Hz"),
        ({"datatype": "cu8"}, "datatype is 'cu8'; this reads and writes cf32_le and ci16_le"),
        ({"full_scale": 0.0}, "full_scale is 0.0"),
        ({"facts": {"n_samples": 1}}, "facts have n_samples, which the recording itself fills"),
        ({"facts": {"gain_db": float("inf")}}, "cannot be written"),
        ({"facts": {"gain": object()}}, "cannot be written"),
    ],
)
def test_what_is_out_of_range_is_told(settings, said):
    with pytest.raises(ConfigError, match=said):
        RecordingInfo(**{"sample_rate": 1e6} | settings)
