# SPDX-License-Identifier: MIT
"""The text of a radio profile, and a copy of it with other gains."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from gsc_sdr.config.radio import radio_profile

__all__ = ["profile_text", "with_gains"]


def profile_text(name: str) -> str:
    """Return a profile's TOML, comments and all; takes and raises what radio_profile does."""
    radio_profile(name)
    if name.endswith(".toml"):
        return Path(name).read_text(encoding="utf-8")
    return (files("gsc_sdr") / "hardware" / f"{name}.toml").read_text(encoding="utf-8")


def with_gains(text: str, tx_gain_db: float | None, rx_gain_db: float | None) -> str:
    """Return a profile's text with other gains (dB; None keeps one); other comments stay."""
    for table, gain_db in (("tx", tx_gain_db), ("rx", rx_gain_db)):
        if gain_db is None:
            continue
        line = f"gain_db = {gain_db:.2f}  # by gsc-sdr calibrate"
        begin = re.search(rf"^\[{table}\][^\n]*\n", text, re.MULTILINE)
        if begin is None:
            text = f"{text.rstrip()}\n\n[{table}]\n{line}\n"
            continue
        end = re.search(r"^\[", text[begin.end() :], re.MULTILINE)
        stop = begin.end() + end.start() if end else len(text)
        body, n = re.subn(r"(?m)^gain_db\s*=.*$", line, text[begin.end() : stop], count=1)
        text = text[: begin.end()] + (body if n else f"{line}\n{body}") + text[stop:]
    return text
