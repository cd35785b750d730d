# SPDX-License-Identifier: MIT
"""The air between two programs: a sample stream through a simulated channel."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from gsc_sdr.blocks.recording_sink import RecordingSink
from gsc_sdr.blocks.stream_channel import StreamChannel
from gsc_sdr.blocks.stream_out import StreamOut
from gsc_sdr.channel.profile import ChannelProfile, profile
from gsc_sdr.channel.simulated import SimulatedChannel
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.address import AIR_IN, AIR_OUT
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.radio.live import LiveGraph, only_lost
from gsc_sdr.radio.patience import PatientIn
from gsc_sdr.recording.sigmf import RecordingInfo

__all__ = ["ChannelGraph", "ChannelSettings"]


@dataclass(frozen=True)
class ChannelSettings:
    """All that decides what the air does.

    Attributes
    ----------
    channel : ChannelProfile
        What the air does.
    snr_db : float, dB
        Es/N0 of an active subcarrier; a profile without noise stays without.
    cfo_hz : float, hertz
        Carrier offset beside the profile's own.
    sample_rate : float, samples per second
        Of the stream.
    seed : int
        Of noise and fading.
    ofdm : OfdmConfig
        Shape of a frame: both ends are held to it.
    source, address : str
        Where the stream comes from, and where it can be had.
    record : str
        SigMF recording of what comes out; empty for none.
    """

    channel: ChannelProfile = field(default_factory=lambda: profile("awgn"))
    snr_db: float = 10.0
    cfo_hz: float = 0.0
    sample_rate: float = 1e6
    seed: int = 0
    ofdm: OfdmConfig = field(default_factory=OfdmConfig)
    source: str = AIR_IN
    address: str = AIR_OUT
    record: str = ""

    def __post_init__(self) -> None:
        """Check what no block checks."""
        if not -20 <= self.snr_db <= 60:
            raise ConfigError(f"snr_db is {self.snr_db}; choose -20 to 60 dB")
        if not 0 <= self.seed < 2**31:
            raise ConfigError(f"seed is {self.seed}; choose 0 to {2**31 - 1}")
        if self.source == self.address:
            raise ConfigError(f"the stream comes from {self.source} and goes there: choose two")

    @property
    def recording(self) -> RecordingInfo:
        """What a recording says of itself."""
        facts = {
            "side": "channel",
            "profile": self.channel.name,
            "snr_db": self.snr_db,
            "cfo_hz": self.cfo_hz,
            "seed": self.seed,
            "front_end": asdict(self.channel.front_end),
        }
        text = "what gsc-sdr channel gave out"
        return RecordingInfo(self.sample_rate, 0.0, self.ofdm, description=text, facts=facts)


class ChannelGraph(LiveGraph):
    """A sample stream, a channel, and the way on.

    ::

        PatientIn ═► StreamChannel ═╦═► StreamOut
                                    ╚═► RecordingSink

    Parameters
    ----------
    settings : ChannelSettings
        Everything.

    Raises
    ------
    ConfigError
        If an address is no address or in use, or the recording exists.
    """

    def __init__(self, settings: ChannelSettings) -> None:
        LiveGraph.__init__(self, "gsc_channel")
        self.settings = settings
        rate, ofdm = settings.sample_rate, settings.ofdm
        self.source = PatientIn(settings.source, rate, ofdm)
        self.channel = StreamChannel(
            SimulatedChannel(
                settings.channel, rate, settings.snr_db, settings.cfo_hz, settings.seed
            )
        )
        self.out = StreamOut(settings.address, rate, ofdm)
        self.recorder = RecordingSink(settings.record, settings.recording)
        self.connect(self.source, self.channel, self.out)
        if settings.record:
            self.connect(self.channel, self.recorder)
        self.watched = [self.source, self.channel, self.out]

    def status(self) -> dict[str, Any]:
        """Return what came, what went on, and what was lost."""
        n_in, n_out = self.source.counts["samples"], self.out.counts["samples"]
        waits = ["a transmitter"] * (not self.source.connected)
        waits += ["a receiver"] * (not self.out.connected)
        return {
            "state": f"waiting for {' and '.join(waits)}" if waits else "running",
            "failed": bool(self.recorder.counts["unrecorded"]),
            "samples": n_in,
            "samples_sent": n_out,
            "samples_per_s": self.rate_sps(n_in),
            "lost": self.lost(),
            "elapsed_s": round(self.elapsed_s, 2),
        }

    def lost(self) -> dict[str, int]:
        """Return what did not come through, by cause."""
        came, went = self.source.counts, self.out.counts
        return only_lost(
            {
                "samples_missing": came["lost_samples"],
                "samples_at_dead_receiver": went["lost_samples"],
                "samples_silenced": self.channel.dropped,
                "transmitter_mismatched": came["mismatched"],
                "receiver_mismatched": went["mismatched"],
                "receiver_refused": went["refused"],
                "malformed": came["malformed"] + went["malformed"],
                "stranger": went["strangers"],
                "unrecorded_samples": self.recorder.counts["unrecorded"],
            }
        )

    def notices(self) -> list[str]:
        """Return what somebody should mend."""
        found = [self.source.mismatch, self.source.refusal, self.out.mismatch]
        if self.recorder.writer is not None and self.recorder.writer.error is not None:
            found.append(f"the recording stopped: {self.recorder.writer.error}")
        return [sentence for sentence in found if sentence]

    def close(self) -> None:
        """Say goodbye on both sides, before blocks are waited for."""
        self.source.stop()
        self.out.stop()
