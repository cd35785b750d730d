# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""Every block description agrees with the class that it makes."""

import ast
import importlib
import inspect
import os
import re
from pathlib import Path

import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
yaml = pytest.importorskip("yaml")

import numpy as np
import pmt

import gsc_sdr
from gsc_sdr.channel.profile import profile, profile_names
from gsc_sdr.config.rate import RATES
from gsc_sdr.link.engine import FakeEngine
from gsc_sdr.recording.sigmf import RecordingInfo

pytestmark = pytest.mark.radio
PACKAGE = Path(gsc_sdr.__file__).parent
DESCRIPTIONS = sorted((PACKAGE / "grc").glob("*.block.yml"))
NO_BLOCKS = {"guard", "pdu", "frame_pdu"}  # modules of blocks/ that hold none
OF_GRC = {"id", "gui_hint"}  # parameters that GRC itself uses


@pytest.fixture(params=DESCRIPTIONS, ids=lambda path: path.name.removesuffix(".block.yml"))
def block(request):
    return yaml.safe_load(request.param.read_text(encoding="utf-8")) | {"path": request.param}


def imported(block):
    """Return the names that a description imports, with what they stand for."""
    found = {}
    for line in block["templates"]["imports"].splitlines():
        module, names = re.fullmatch(r"from (\S+) import (.+)", line).groups()
        for name in names.split(", "):
            found[name] = getattr(importlib.import_module(module), name)
    return found


def calls(block):
    """Return the calls in a description's template: what is called, with its arguments."""
    template = block["templates"].get("var_make") or block["templates"]["make"]
    code = re.sub(r"<%.*?%>\\?\n", "", template, flags=re.DOTALL)
    code = re.search(r"\w+\((?:[^()]|\([^()]*\))*\)", code).group()
    tree = ast.parse(re.sub(r"\$\{(\w+)\}", r"\1", code), mode="eval")
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_the_file_is_named_after_the_block(block):
    assert block["path"].name == f"{block['id']}.block.yml"
    assert block["id"].startswith("gsc_")


def test_every_argument_is_one_of_the_signature(block):
    known = imported(block)
    for call in calls(block):
        signature = inspect.signature(known[call.func.id])
        given = [keyword.arg for keyword in call.keywords]
        assert not call.args
        assert given == [name for name in signature.parameters if name in given]
        signature.bind(**dict.fromkeys(given))
        assert set(given) == set(signature.parameters), "every parameter is on the canvas"


def test_every_parameter_of_the_canvas_is_used_once(block):
    ids = [parameter["id"] for parameter in block["parameters"] if parameter["id"] not in OF_GRC]
    values = [
        keyword.value.id
        for call in calls(block)
        for keyword in call.keywords
        if isinstance(keyword.value, ast.Name)
    ]
    assert sorted(values) == sorted(ids)


def test_every_callback_is_a_method_or_a_function_of_the_object(block):
    names = imported(block)
    cls = names[calls(block)[0].func.id]
    ids = {parameter["id"] for parameter in block["parameters"]}
    for callback in block["templates"].get("callbacks", []):
        name, of_object, parameter = re.fullmatch(
            r"(\w+)\((self\.\$\{id\}, )?\$\{(\w+)\}\)", callback
        ).groups()
        assert callable(names[name] if of_object else getattr(cls, name))
        assert parameter in ids


def test_every_port_is_explained(block):
    documentation = block["documentation"]
    assert len(documentation.split()) > 20
    for side, ports in (("in", block.get("inputs", [])), ("out", block.get("outputs", []))):
        for port in ports:
            said = f"{port['id']} ({side}):" if port["domain"] == "message" else f"{side}:"
            assert said in documentation


def test_every_parameter_is_explained(block):
    for parameter in block["parameters"]:
        label = re.sub(r" \(.*\)", "", parameter["label"])
        assert f"{label}:" in block["documentation"]


def test_every_block_has_a_description():
    modules = {path.stem for path in (PACKAGE / "blocks").glob("*.py")} - {"__init__", *NO_BLOCKS}
    described = {path.name.removesuffix(".block.yml").removeprefix("gsc_") for path in DESCRIPTIONS}
    assert described - modules == {"engine", "channel_profile"}
    assert modules <= described


def test_rates_and_profiles_are_those_that_exist():
    for path in DESCRIPTIONS:
        for parameter in yaml.safe_load(path.read_text(encoding="utf-8"))["parameters"]:
            if parameter["id"] == "rate":
                assert parameter["options"] == [rate.name for rate in RATES]
            if parameter["id"] == "profile_name":
                known = set(profile_names())
                if "channel_profile" in path.name:  # fading alone: the rest is set elsewhere
                    known = {n for n in known - {"ideal"} if not profile(n).front_end.is_on}
                assert set(parameter["options"]) == known
                assert len(parameter["options"]) == len(parameter["option_labels"])


def ports(listed):
    """Return the names in a vector of message ports."""
    names = [pmt.symbol_to_string(pmt.vector_ref(listed, i)) for i in range(pmt.length(listed))]
    return set(names) - {"system"}


def test_ports_are_those_of_the_class(block):
    cls = imported(block)[calls(block)[0].func.id]
    if not inspect.isclass(cls) or block["id"] == "gsc_image_view":  # a view needs a window
        return
    known = {
        "engine": FakeEngine(),
        "sample_rate": 1e6,
        "address": f"ipc://@gsc-{os.getpid()}",
        "gains": None,
        "channel": None,
        "path": "demo" if "outputs" in block else "",  # a sink records nothing
        "info": RecordingInfo(1e6),
        "images": [np.zeros((1, 1, 3), np.uint8)],
        "prompts": [""],
    }
    names = inspect.signature(cls).parameters
    made = cls(**{name: value for name, value in known.items() if name in names})
    sides = {"inputs": "in", "outputs": "out"}
    for key, side in sides.items():
        described = {port["id"] for port in block.get(key, []) if port["domain"] == "message"}
        n_streams = sum(port["domain"] == "stream" for port in block.get(key, []))
        if isinstance(made, gr.hier_block2):
            is_port = getattr(made, f"message_port_is_hier_{side}")
            assert all(is_port(pmt.intern(name)) for name in described)
        else:
            assert described == ports(getattr(made, f"message_ports_{side}")())
        signature = made.input_signature() if side == "in" else made.output_signature()
        assert signature.max_streams() == n_streams


def test_all_are_found_under_one_heading(block):
    assert re.fullmatch(r"\[GSC\](/(Parts|Objects))?", block["category"])
