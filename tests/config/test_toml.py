# SPDX-License-Identifier: MIT
"""Settings: what the dataclass allows is built, all else is refused by name."""

from dataclasses import dataclass, field

import pytest

from gsc_sdr.config.toml import from_mapping, read_toml
from gsc_sdr.errors import ConfigError


@dataclass(frozen=True)
class Filter:
    """A nested table."""

    n_taps: int = 3


@dataclass(frozen=True)
class Radio:
    """One field of every kind."""

    rate_sps: float
    name: str = "sim"
    gain_db: float | None = None
    is_dry: bool = False
    carriers: tuple[int, ...] = (1, 2)
    corner: tuple[int, float] = (0, 0.0)
    filter: Filter = field(default_factory=Filter)

    def __post_init__(self):
        if self.rate_sps <= 0:
            raise ConfigError(f"rate_sps is {self.rate_sps}; give a rate above 0")


def write(folder, text):
    path = folder / "radio.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_kind_of_field_is_read(tmp_path):
    text = (
        'rate_sps = 5\nname = "b"\ngain_db = 2\nis_dry = true\ncarriers = [7]\ncorner = [1, 2]\n'
        "[filter]\nn_taps = 9\n"
    )
    got = read_toml(Radio, write(tmp_path, text))
    assert got == Radio(5.0, "b", 2.0, True, (7,), (1, 2.0), Filter(9))
    assert isinstance(got.rate_sps, float)


def test_defaults_are_those_of_the_dataclass():
    assert from_mapping(Radio, {"rate_sps": 1.0}) == Radio(1.0)


def test_none_is_taken_where_the_field_allows_it():
    assert from_mapping(Radio, {"rate_sps": 1.0, "gain_db": None}).gain_db is None


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"rate_sps": 1.0, "nmae": "x"}, "unknown key 'nmae'; did you mean 'name'"),
        ({"rate_sps": 1.0, "zzz": 1}, "unknown key 'zzz'; known keys are: rate_sps, name"),
        ({}, "missing key 'rate_sps': add it"),
        ({"rate_sps": "fast"}, "rate_sps is 'fast'; expected float"),
        ({"rate_sps": True}, "rate_sps is True; expected float"),
        ({"rate_sps": float("nan")}, "rate_sps is not a number"),
        ({"rate_sps": -1.0}, "rate_sps is -1.0; give a rate above 0"),
        ({"rate_sps": 1.0, "is_dry": 1}, "is_dry is 1; expected bool"),
        ({"rate_sps": 1.0, "name": None}, "name is None; expected str"),
        ({"rate_sps": 1.0, "carriers": [1, 2.5]}, r"carriers\[1\] is 2.5; expected int"),
        ({"rate_sps": 1.0, "carriers": 3}, "carriers is 3; expected tuple"),
        ({"rate_sps": 1.0, "corner": [1]}, "corner has 1 entries; expected 2"),
        ({"rate_sps": 1.0, "filter": {"taps": 1}}, "filter: unknown key 'taps'"),
        ({"rate_sps": 1.0, "filter": 3}, "filter: is 3; expected a table"),
    ],
)
def test_a_bad_setting_is_named_with_its_mend(values, says):
    with pytest.raises(ConfigError, match=f"^my.toml: {says}"):
        from_mapping(Radio, values, "my.toml")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder / "none.toml", "No such file"),
        (lambda folder: folder, "directory"),
        (lambda folder: write(folder, "rate_sps = = 3"), "not TOML"),
        (lambda folder: write(folder, "#" * 1_000_001), "larger than"),
    ],
    ids=["missing", "folder", "syntax", "huge"],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, make, says):
    path = make(tmp_path)
    with pytest.raises(ConfigError, match=says) as caught:
        read_toml(Radio, path)
    assert str(path) in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not TOML"):
        read_toml(Radio, path)


def test_a_class_that_is_no_dataclass_is_a_programming_error():
    with pytest.raises(TypeError, match="not a dataclass"):
        from_mapping(int, {})
