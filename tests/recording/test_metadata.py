# SPDX-License-Identifier: MIT
"""Metadata: made by one hand, held against SigMF by another."""

import json

import pytest
import sigmf

from gsc_sdr.errors import ConfigError
from gsc_sdr.recording import metadata
from gsc_sdr.recording.metadata import global_object, read_metadata, to_text, validate

SAID = {"core:datatype": "cf32_le", "core:sample_rate": 1e6, "gsc:seed": 3}


def test_the_global_object_says_who_made_it_and_declares_its_namespace():
    about = global_object(SAID)
    assert about["core:version"] == sigmf.__specification__
    assert about["core:recorder"].startswith("gsc_sdr ")
    assert about["core:extensions"] == [{"name": "gsc", "version": "1.0.0", "optional": True}]


def test_the_text_is_the_json_of_its_parts():
    about, captures = global_object(SAID), [{"core:sample_start": 0}]
    lines = ['{"core:sample_start": 1}', '{"core:sample_start": 5, "gsc:note": "ü"}']
    values = json.loads(to_text(about, captures, lines))
    assert values["global"] == about
    assert values["captures"] == captures
    assert values["annotations"] == [json.loads(line) for line in lines]
    validate(values)
    assert json.loads(to_text(about, [], []))["annotations"] == []


def test_a_capture_before_another_is_refused():
    captures = [{"core:sample_start": 5}, {"core:sample_start": 0}]
    with pytest.raises(ConfigError, match="ordering"):
        validate({"global": global_object(SAID), "captures": captures, "annotations": []})


def test_an_undeclared_namespace_of_another_is_no_error(recwarn):
    about = global_object(SAID | {"antenna:gain": 3})
    validate({"global": about, "captures": [], "annotations": []})
    assert not list(recwarn)


def test_a_file_too_large_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "a.sigmf-meta"
    path.write_text("{}" * 10)
    monkeypatch.setattr(metadata, "_MOST_BYTES", 10)
    with pytest.raises(ConfigError, match="larger than 10 bytes"):
        read_metadata(path)
