# SPDX-License-Identifier: MIT
"""Transmitter, channel and receiver as programs: any order, any death, and no loss unseen."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
from PIL import Image
from typer.testing import CliRunner

from gsc_sdr.cli.main import app
from gsc_sdr.radio.supervise import Program
from gsc_sdr.recording.sigmf import Recording

pytestmark = [pytest.mark.radio, pytest.mark.timeout(240)]
START = "from gsc_sdr.cli.main import main; main()"
DEADLINE_S = 100
ORDERS = [
    ("transmit", "channel", "receive"),
    ("receive", "channel", "transmit"),
    *(
        pytest.param(order, marks=pytest.mark.slow)
        for order in [
            ("transmit", "receive", "channel"),
            ("channel", "transmit", "receive"),
            ("channel", "receive", "transmit"),
            ("receive", "transmit", "channel"),
        ]
    ),
]


@pytest.fixture
def picture(rng, tmp_path):
    """Return a file of 128 x 96 pixels of grey cells, and its prompt beside it."""
    cells = rng.integers(0, 256, (6, 8, 1), np.uint8)
    Image.fromarray(np.kron(cells, np.ones((16, 16, 3), np.uint8))).save(tmp_path / "cells.png")
    (tmp_path / "cells.txt").write_text("grüße 漢", encoding="utf-8")
    return tmp_path / "cells.png"


@pytest.fixture
def places():
    """Return addresses of Unix sockets, whose paths must be short."""
    with tempfile.TemporaryDirectory() as folder:
        yield {name: f"ipc://{folder}/{name}" for name in ("air_in", "air_out", "control")}


@pytest.fixture
def link(places, picture, tmp_path):
    """Return a function that starts one end; all are ended with the test."""
    started = []
    words = {
        "transmit": [str(picture), "--address", places["air_in"], "--control", places["control"]],
        "channel": ["--from", places["air_in"], "--address", places["air_out"], "--snr-db", "15"],
        "receive": ["--from", places["air_out"], "--control", places["control"]],
    }
    words["transmit"] += ["--engine", "fake"]
    words["receive"] += ["--engine", "fake", "--out", str(tmp_path / "out")]

    def start(role, *options):
        command = [sys.executable, "-c", START, role, *words[role], "--json-status", *options]
        program = Program(role, command)
        started.append(program)
        program.start()
        return program

    yield start
    for program in started:
        program.wait(0)


def until(claim, *programs):
    """Wait until a claim holds; fail at the deadline with what the programs said."""
    deadline = time.monotonic() + DEADLINE_S
    while not claim():
        if time.monotonic() > deadline:
            said = {p.name: (p.code, p.status, p.last_words()) for p in programs}
            pytest.fail(f"did not get there in time: {said}")
        time.sleep(0.02)


def is_up(program):
    return lambda: program.status.get("state", "starting") != "starting"


def end(program):
    """End a program by SIGINT; return its summary, which must come within two seconds."""
    began = time.monotonic()
    program.tell_to_end()
    program.wait(10)
    assert time.monotonic() - began < 2.0
    assert program.code == 0, program.last_words()
    assert program.summary
    return program.summary


def figures(folder):
    lines = (folder / "images.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def expected(picture, tmp_path):
    """Return figures and pixels of the same transmission inside one program."""
    from gnuradio import blocks, gr

    from gsc_sdr.blocks.image_sink import ImageSink
    from gsc_sdr.blocks.receiver import Receiver
    from gsc_sdr.channel.profile import profile
    from gsc_sdr.channel.simulated import SimulatedChannel
    from gsc_sdr.link.engine import FakeEngine
    from gsc_sdr.phy.ofdm import OfdmConfig
    from gsc_sdr.picture import open_picture
    from gsc_sdr.radio.patience import silence_length
    from gsc_sdr.transceiver.chain import Transmitter

    ofdm, engine = OfdmConfig(), FakeEngine()
    lead = np.random.default_rng(3).integers(0, ofdm.frame_length + 1)
    _, samples = Transmitter(engine, "1/48", ofdm).send(open_picture(picture), "grüße 漢")
    tail = np.zeros(silence_length(ofdm), np.complex64)
    stream = np.concatenate([np.zeros(lead, np.complex64), samples, tail])
    arrived = SimulatedChannel(profile("awgn"), 1e6, 15.0, 0.0, 0).apply(stream)
    top, sink = gr.top_block(), ImageSink()
    source, receiver = blocks.vector_source_c(arrived.tolist()), Receiver(engine, 1e6)
    top.connect(source, receiver)
    top.msg_connect(receiver, "image", sink, "image")
    top.start()
    (arrival,) = sink.wait(1, DEADLINE_S)
    top.stop()
    top.wait()
    return arrival


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_in_any_order_the_picture_arrives_bit_for_bit(order, link, picture, tmp_path):
    options = {"transmit": ["--seed", "3"], "receive": [], "channel": []}
    ends = {}
    for role in order:
        ends[role] = link(role, *options[role])
        until(is_up(ends[role]), ends[role])
    until(lambda: ends["transmit"].code is not None, *ends.values())
    n_samples = ends["transmit"].summary["samples"]
    until(lambda: ends["receive"].status["samples"] == n_samples, *ends.values())
    until(lambda: ends["receive"].status["pictures"] == 1, *ends.values())
    end(ends["receive"])
    end(ends["channel"])
    assert [ends[role].code for role in order] == [0, 0, 0]
    assert {role: ends[role].summary["lost"] for role in order} == {role: {} for role in order}
    told, heard = ends["receive"].summary["feedback"], ends["transmit"].summary["feedback"]
    assert heard["frames"] == told.get("messages", 0)
    assert heard["frames"] + told.get("undelivered", 0) == ends["receive"].summary["frames"] == 1
    assert not heard["frames"] or heard["age_p50_ms"] > 0
    (line,) = figures(tmp_path / "out")
    twin = expected(picture, tmp_path)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / "0000.png")), twin.image)
    assert (line["prompt"], line["image_id"]) == ("grüße 漢", 0)
    for name in ("snr_db", "cfo_hz"):
        assert line[name] == pytest.approx(twin.meta[name], rel=1e-5)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["pictures"], summary["lost"]) == (1, {})


def test_each_may_be_killed_and_come_back_while_the_others_go_on(link, tmp_path):
    ends = {
        "receive": link("receive"),
        "channel": link("channel"),
        "transmit": link("transmit", "--repeat", "0"),
    }
    kept = {}
    for role in ("channel", "transmit", "receive", None):
        receive = ends["receive"]
        before = receive.status.get("pictures", 0)
        until(lambda: receive.status.get("pictures", 0) > before + 3, *ends.values())  # noqa: B023
        if role:
            ends[role].wait(0)  # which kills it
            assert ends[role].code == -9
            kept = {path: path.read_bytes() for path in sorted((tmp_path / "out").glob("*.png"))}
            ends[role] = link(role, *(["--repeat", "0"] if role == "transmit" else []))
    assert all(path.read_bytes() == content for path, content in kept.items())
    summaries = {role: end(program) for role, program in ends.items()}
    assert summaries["receive"]["pictures"] > 3
    names = [line["file"] for line in figures(tmp_path / "out")]
    assert names == sorted(set(names))
    files = sorted((tmp_path / "out").glob("*.png"))
    assert {path.name for path in files} >= set(names)  # killed, one has a file and no line yet
    assert len(files) <= len(names) + 1
    for path in files:
        with Image.open(path) as opened:
            assert opened.size == (128, 96)
    # What was on its way to the channel that was killed is lost, and says so.
    assert summaries["receive"]["lost"].get("frames_missing", 0) < 400


def test_a_transmitter_that_vanishes_leaves_its_picture_as_far_as_it_came(link, picture, tmp_path):
    with Image.open(picture) as small:
        small.resize((512, 512)).save(picture)  # 15 frames
    slow = ["--sample-rate", "20000"]
    ends = [link("receive", *slow), link("channel", *slow)]
    transmit = link("transmit", "--realtime", "--repeat", "0", *slow)
    until(lambda: ends[0].status.get("frames", 0) >= 1, transmit, *ends)
    transmit.wait(0)
    until(lambda: ends[0].status["lost"].get("pictures_incomplete"), *ends)
    summary = end(ends[0])
    assert summary["lost"]["frames_missing"] > 0
    assert summary["pictures"] == len(figures(tmp_path / "out"))
    end(ends[1])


def test_ends_that_do_not_agree_say_in_what(link, tmp_path):
    (tmp_path / "long.toml").write_text("n_payload = 30\n")
    receive = link("receive", "--sample-rate", "2e6", "--ofdm", str(tmp_path / "long.toml"))
    channel = link("channel")
    until(lambda: receive.status.get("lost", {}).get("mismatched"), receive, channel)
    assert end(receive)["lost"]["mismatched"] == 1
    said = [line for line in receive.last_words() if "sample_rate" in line]
    assert len(said) == 1
    assert "the sender has sample_rate 1e+06, this receiver 2e+06" in said[0]
    assert "n_payload 24, this receiver 30" in said[0]
    assert end(channel)["lost"]["receiver_mismatched"] == 1


def test_a_second_transmitter_is_told_that_the_address_is_taken(link, places):
    first = link("transmit")
    until(is_up(first), first)
    second = link("transmit", "--control", "")
    until(lambda: second.code is not None, second)
    (line,) = second.last_words()
    assert second.code == 2
    assert places["air_in"] in line
    assert "in use" in line
    end(first)


def test_what_was_recorded_is_received_again_bit_for_bit(link, tmp_path):
    recording = tmp_path / "air.sigmf-meta"
    ends = [
        link("channel"),
        link("receive", "--count", "1", "--record", str(recording)),
        link("transmit", "--record", str(tmp_path / "sent")),
    ]
    until(lambda: ends[1].code is not None, *ends)
    until(lambda: ends[2].code is not None, *ends)
    (first,) = figures(tmp_path / "out")
    replay = link("receive", "--from", str(recording), "--out", str(tmp_path / "again"))
    until(lambda: replay.code is not None, replay)
    assert replay.code == 0, replay.last_words()
    with Recording(str(recording)) as recorded:  # nothing is added behind it
        assert (replay.summary["state"], replay.summary["samples"]) == ("done", recorded.n_samples)
    assert replay.summary["samples_per_s"] > 0
    (second,) = figures(tmp_path / "again")
    assert (tmp_path / "again" / "0000.png").read_bytes() == (
        tmp_path / "out" / "0000.png"
    ).read_bytes()
    times = {"decode_s"}
    assert {k: v for k, v in first.items() if k not in times} == {
        k: v for k, v in second.items() if k not in times
    }
    for place in (recording, tmp_path / "sent.sigmf-meta"):
        (annotation,) = json.loads(place.read_text())["annotations"]  # of the only frame
        assert (annotation["gsc:image_id"], annotation["gsc:frame_count"]) == (
            second["image_id"],
            second["frame_count"],
        )


def test_a_recording_that_found_no_room_is_exit_code_1_and_harms_no_picture(tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000)); "
    words = ["receive", "--from", "demo", "--engine", "fake", "--out", str(tmp_path / "out")]
    words += ["--record", str(tmp_path / "air"), "--json-status"]
    done = subprocess.run(
        [sys.executable, "-c", limit + START, *words],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    summary = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, summary["pictures"]) == (1, 1), done.stderr
    assert 0 < summary["lost"]["unrecorded_samples"] < summary["samples"]
    assert "the recording stopped" in done.stderr
    assert len(figures(tmp_path / "out")) == 1
    with Recording(str(tmp_path / "air")) as recorded:  # what there was room for can be read
        assert recorded.n_samples == summary["samples"] - summary["lost"]["unrecorded_samples"]


@pytest.mark.slow
@pytest.mark.learn
def test_the_networks_at_work_hold_nothing_up(link, tmp_path, rng):
    """A receiver ends within two seconds also while it decodes a large picture."""
    big = rng.integers(0, 256, (2048, 2048, 3), np.uint8)
    Image.fromarray(big).save(tmp_path / "cells.png")
    ends = [
        link("transmit", "--engine", "fake", "--rate", "1/192"),
        link("channel", "--snr-db", "25"),
        link("receive", "--engine", "local", "--device", "cpu"),
    ]
    until(lambda: ends[2].status.get("frames", 0) >= 57 and not ends[2].status["queued"], *ends)
    assert end(ends[2])["pictures"] == 0
    for program in ends[:2]:
        program.tell_to_end()
        program.wait(3)


def test_standard_input_names_pictures(places, picture, tmp_path):
    command = ["transmit", "-", "--engine", "fake", "--address", places["air_in"], "--control", ""]
    sender = subprocess.Popen(
        [sys.executable, "-c", START, *command, "--json-status", "--seed", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    sender.stdin.write(f"{picture}\n\n{tmp_path}/nothing.png\n{picture}\n")
    sender.stdin.close()
    words = ["receive", "--from", places["air_in"], "--out", str(tmp_path / "out")]
    words += ["--engine", "fake", "--count", "2", "--control", "", "--json-status"]
    receive = Program("receive", [sys.executable, "-c", START, *words])
    receive.start()
    until(lambda: receive.code is not None, receive)
    said = sender.stdout.read().splitlines()
    complaint = sender.stderr.read()
    assert sender.wait(30) == 1, complaint
    assert json.loads(said[-1])["lost"]["picture_unreadable"] == 1
    assert "nothing.png does not exist" in complaint
    assert [line["image_id"] for line in figures(tmp_path / "out")] == [0, 1]


REFUSED = {
    "transmit /nowhere.png": "/nowhere.png",
    "transmit demo --rate 1/7": "1/384",
    "transmit demo --address 127.0.0.1": "tcp://HOST:PORT",
    "transmit demo --address ipc:///tmp/x --control tcp://0.0.0.0:5803": "keys",
    "transmit demo --engine other --control ''": "choose one of: gsc",
    "transmit demo --radio /nowhere.toml": "/nowhere.toml",
    "transmit demo --seed -1": "seed",
    "transmit demo --sample-rate 0 --address ipc:///tmp/x": "sample_rate",
    "channel --profile nowhere": "tdl-a",
    "channel --snr-db 100": "snr_db",
    "channel --from ipc:///tmp/x --address ipc:///tmp/x": "choose two",
    "receive --from /nowhere.sigmf-meta": "/nowhere",
    "receive --keys /nowhere": "/nowhere",
    "receive --ofdm /nowhere.toml": "/nowhere.toml",
    "run -": "stdin",
    "run demo --profile nowhere": "tdl-a",
    "run demo --rate 1/7": "1/384",
    "run /nowhere.png": "/nowhere.png",
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_work_is_one_line_and_exit_code_2(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = [word.strip("'") for word in words.split()]
    result = CliRunner().invoke(app, options + (["--engine", "fake"] * ("engine" not in words)))
    if options[0] == "channel":
        result = CliRunner().invoke(app, options)
    assert result.exit_code == 2, result.output
    assert REFUSED[words] in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_folder_without_pictures_is_refused(tmp_path):
    result = CliRunner().invoke(app, ["transmit", str(tmp_path), "--engine", "fake"])
    assert result.exit_code == 2
    assert "has no picture" in result.stderr


def test_run_carries_pictures_from_end_to_end(picture, tmp_path):
    words = ["run", str(picture), "--engine", "fake", "--out", str(tmp_path / "out"), "--json"]
    done = subprocess.run(
        [sys.executable, "-c", START, *words, "--repeat", "3", "--snr-db", "20"],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["receive"]["pictures"] == said["transmit"]["pictures"] == 3
    assert said["receive"]["mean_snr_db"] == pytest.approx(20, abs=1)
    assert all(said[role]["lost"] == {} for role in ("transmit", "channel", "receive"))
    assert len(figures(tmp_path / "out")) == 3


@pytest.mark.parametrize("options", [[], ["--restart"]], ids=["once", "restart"])
def test_run_carries_the_good_pictures_of_a_folder(options, picture, tmp_path):
    (picture.parent / "zzz.png").write_text("no picture")
    words = ["run", str(picture.parent), "--engine", "fake", "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-c", START, *words, *options, "--json", "--snr-db", "20"],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert (said["error"], said["restarted"]) == ("", [])
    assert said["transmit"]["lost"] == {"picture_unreadable": 1}
    assert said["receive"]["pictures"] == said["transmit"]["pictures"] == 1
    assert "zzz.png cannot be read" in done.stderr


def test_run_says_what_ended_one_of_its_programs(picture, tmp_path):
    (tmp_path / "out").write_text("a file is in the way of the folder")
    words = ["run", str(picture), "--engine", "fake", "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-c", START, *words],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 1
    assert "receive ended with exit code 2" in done.stderr
    assert str(Path(tmp_path / "out")) in done.stderr
