# SPDX-License-Identifier: MIT

"""Calibration: real frames over zmq find the gains that the numbers of the profile imply."""

from dataclasses import replace

import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.config.radio import RadioPort, SimulatedPort, radio_profile
from gsc_sdr.errors import ConfigError, GscError, MissingError
from gsc_sdr.radio.calibrate import Bench, _known_frames, calibrate

pytestmark = pytest.mark.radio


def narrow(tx=(0.0, 36.0), rx=(-36.0, 0.0), **settings):
    """Return the zmq profile with these ranges of gain."""
    changed = {"tx": RadioPort(tx[0], tx), "rx": RadioPort(rx[0], rx)}
    return replace(radio_profile("zmq"), **(changed | settings))


@pytest.mark.timeout(100)
def test_the_gains_are_those_that_the_profile_implies():
    # The peaks of a frame are some 10 dB above unit power. Behind a back-off of 12 dB they
    # clip in an amplifier that saturates at 24 dB from a gain of about 26 dB on, and in the
    # converter, whose full scale is 0 dB, from where back-off and gains add up to -10 dB.
    told = []
    result = calibrate(narrow(), on_reading=told.append)
    best = result.best
    level_db = best.tx_gain_db - 12.0 + best.rx_gain_db
    assert 14.0 < best.tx_gain_db < 27.0
    assert -18.0 < level_db < -8.0
    assert best.evm_db < -55.0
    assert best.clipped <= 1e-4
    assert told == result.readings
    assert result.counts["lost_samples"] == 0
    assert result.counts["saturated"] > 0  # it went to see


def test_a_noisy_cable_leaves_the_error_that_theory_gives():
    zmq = SimulatedPort(bits=0, noise_db=-20.0)
    best = calibrate(narrow((12.0, 12.1), (-12.0, -11.9), zmq=zmq)).best
    # Carriers of unit power, noise of 20 dB less on each; the estimate of the channel adds some.
    assert best.evm_db == pytest.approx(-20.0, abs=0.7)


def test_a_frame_that_the_snapshot_cuts_off_is_not_held_against_the_gains(tmp_path):
    address = f"ipc://{tmp_path / 'air'}"
    profile = replace(radio_profile("zmq"), zmq=SimulatedPort(address, address))
    bench = Bench(profile, profile)
    samples = _known_frames(bench.ofdm)[1]
    whole = len(samples) - 2 * bench.ofdm.frame_length  # without the silence at the end
    assert bench._evm_db(samples) < -60
    assert bench._evm_db(samples[: whole - 11]) < -60
    for link in (bench.sink.device, bench.source.device):
        link.stop()


def test_a_dead_cable_is_told_in_one_line():
    with pytest.raises(GscError, match="no frame arrived at any gain: look at the cable"):
        calibrate(narrow((0.0, 1.0), (0.0, 1.0), attenuation_db=150.0))


def test_the_transmit_gain_can_be_held_down():
    result = calibrate(narrow((0.0, 20.0), (-10.0, -9.0)), most_tx_gain_db=2.0)
    assert max(reading.tx_gain_db for reading in result.readings) == 2.0


@pytest.mark.parametrize(
    ("transmitter", "receiver", "most", "said"),
    [
        ("hackrf", None, None, "cannot send and receive at once"),
        ("usrp_b200", "hackrf", None, "give both the same"),
        ("zmq", "usrp_b200", None, "give two of a kind"),
        ("limesdr", None, -20.0, "highest transmit gain is -20.0"),
    ],
)
def test_radios_that_cannot_be_calibrated_are_refused(transmitter, receiver, most, said):
    second = radio_profile(receiver) if receiver else None
    with pytest.raises(ConfigError, match=said):
        calibrate(radio_profile(transmitter), second, most)


def test_a_missing_radio_is_an_error_of_ours():
    with pytest.raises(MissingError, match="usrp_b200"):
        calibrate(radio_profile("usrp_b200"))
