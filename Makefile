# SPDX-License-Identifier: MIT
# `make` lists what there is to do. Set-up runs by itself where it is needed,
# once: the stamp $(VENV)/.ready makes the next run instant.

# The Python that the GNU Radio on this machine was built for. For radioconda:
# make setup PYTHON="$CONDA_PREFIX/bin/python"
PYTHON ?= /usr/bin/python3
VENV ?= .venv

# TORCH is what pip is asked for first, TORCH_INDEX a further wheel index to
# find it in: for the small CPU build, the CPU wheel index that pytorch.org
# names under "Get Started". Where the build asked for is in no index, the
# default build of the same version is taken: on a PC it needs 3 GB more.
TORCH ?= torch==2.13.0+cpu
TORCH_INDEX ?=

# Their metadata asks for numpy 2; they run under 1.26 too, so pip must not judge.
SIONNA := sionna-no-rt==2.2.0
IMAGECODECS := imagecodecs==2026.3.6
# The last numpy for a GNU Radio that was built against numpy 1, and a later one.
NUMPY_1 := 1.26.4
NUMPY_2 := 2.3.5
# GNU Radio, what a venv needs, and what GNU Radio Companion draws with.
APT := gnuradio python3-venv gir1.2-gtk-3.0 gir1.2-pango-1.0

PIP := $(VENV)/bin/python -m pip --disable-pip-version-check -qq
INSTALL := $(PIP) install --no-warn-conflicts --constraint constraints.txt
HAS_SYSTEM := import ensurepip, gi, gnuradio; gi.require_version("Gtk", "3.0")
LOADS_RADIO := import numpy, pmt; from gnuradio import blocks, channels, digital, fft, gr; \
	pmt.to_python(pmt.to_pmt(numpy.ones(2, numpy.complex64)))

COMPILES := from gsc_sdr.blocks.receiver import Receiver; from gsc_sdr.link.engine import FakeEngine; \
	from gsc_sdr.prompt import code; import numpy; \
	Receiver(FakeEngine(), 1e6); sent = code.encode("a"); code.decode(sent, numpy.ones(len(sent)), 1)

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format coverage figures demo-picture checksums wheel clean clean-kernels

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## install what is missing (asks apt for GNU Radio), once
	@echo "setup: ready"

demo: $(VENV)/.ready ## send the demo picture over GNU Radio and show what arrived
	$(VENV)/bin/gsc-sdr loopback gsc_sdr/data/demo.png --channel tdl-a --snr-db 10 --out out/demo

test: $(VENV)/.ready ## run the tests
	$(VENV)/bin/python -m pytest

lint: $(VENV)/.ready ## check format, style, types and the floors of the house
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/ruff check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(VENV)/.ready ## bring the code into the form that lint asks for
	$(VENV)/bin/ruff format
	$(VENV)/bin/ruff check --fix

coverage: $(VENV)/.ready ## run the tests and list the lines that none of them reaches
	$(VENV)/bin/python -m pytest --cov --cov-report=term-missing

RESULTS := gsc_sdr/data/results
DRAWN := heic+ldpc,avif+ldpc,jpeg+ldpc,gsc,gsc-mse,uncoded,deepjscc,heic+capacity
figures: $(VENV)/.ready ## draw the figures of README from the rows that ship
	$(VENV)/bin/gsc-sdr plot rows $(RESULTS)/kodak_256.jsonl.xz --codecs $(DRAWN) --channel awgn \
		--kind over-snr,scatter,winners --out $(RESULTS)/figures
	$(VENV)/bin/gsc-sdr plot rows $(RESULTS)/kodak_256.jsonl.xz --channel tdl-c \
		--kind over-snr,winners --out $(RESULTS)/figures
	$(VENV)/bin/gsc-sdr plot rows $(RESULTS)/kodak_full.jsonl.xz --published \
		--kind over-cbr,winners --out $(RESULTS)/figures
	$(VENV)/bin/gsc-sdr plot rows gsc_sdr/data/bench_latency.json --kind latency --out $(RESULTS)/figures
	$(VENV)/bin/gsc-sdr plot strips --image demo --crop 256 --codecs gsc,gsc-mse,heic+ldpc,heic+ldpc@10 \
		--rates 1/96 --snr-db=-5,0,5,10,15 --out $(RESULTS)/figures

demo-picture: $(VENV)/.ready ## draw gsc_sdr/data/demo.png again
	$(VENV)/bin/gsc-sdr demo-picture gsc_sdr/data/demo.png

checksums: ## record the checksums of the weights in models/
	cd models && sha256sum */*.safetensors > SHA256SUMS

wheel: $(VENV)/.ready ## build dist/*.whl
	$(PIP) wheel --quiet --no-deps --wheel-dir dist .

clean-kernels: ## forget compiled kernels: needed where one that others call has changed
	find gsc_sdr -name '*.nb[ic]' -delete

clean: ## remove the environment and everything that was built
	rm -rf $(VENV) build dist *.egg-info

# Set-up, a step a target, the last one first.

$(VENV)/.ready: Makefile pyproject.toml constraints.txt $(VENV)/numpy.txt
	@echo "setup: installing $(TORCH), the largest part"
	@$(INSTALL) --constraint $(VENV)/numpy.txt "$(TORCH)" \
		$(if $(TORCH_INDEX),--extra-index-url "$(TORCH_INDEX)") 2>/dev/null \
	|| { echo "setup: no index has $(TORCH); taking the default build (see TORCH_INDEX in the Makefile)"; \
		$(INSTALL) --constraint $(VENV)/numpy.txt $(firstword $(subst +, ,$(TORCH))); }
	@echo "setup: installing gsc-sdr and what it needs"
	@$(INSTALL) --requirement $(VENV)/numpy.txt --editable ".[dev]"
	@$(INSTALL) --no-deps $(SIONNA) $(IMAGECODECS)
	@$(VENV)/bin/python -c '$(LOADS_RADIO); import torch, sionna.phy, imagecodecs' \
	|| { echo "setup: GNU Radio, torch, Sionna and imagecodecs do not load together, see above"; exit 1; }
	@echo "setup: compiling kernels, once"
	@$(VENV)/bin/python -c '$(COMPILES)'
	@touch $@
	@echo "setup: done; 'make demo' is next, '$(VENV)/bin/gsc-sdr doctor' shows what is there"

# A GNU Radio built against numpy 1 does not load beside numpy 2: try it.
$(VENV)/numpy.txt: $(VENV)/bin/python
	@$(PIP) install --no-warn-conflicts --target $(VENV)/trial numpy==$(NUMPY_2)
	@if PYTHONPATH=$(VENV)/trial $(VENV)/bin/python -c '$(LOADS_RADIO)' >/dev/null 2>&1; \
	then echo numpy==$(NUMPY_2); else echo numpy==$(NUMPY_1); fi > $@
	@rm -rf $(VENV)/trial
	@echo "setup: GNU Radio on this machine loads with $$(cat $@)"

$(VENV)/bin/python:
	@$(PYTHON) -c '$(HAS_SYSTEM)' 2>/dev/null || $(MAKE) --no-print-directory apt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"setup: $(PYTHON) is Python %d.%d; 3.11 or later is needed" % sys.version_info[:2])'
	@echo "setup: making $(VENV) from $(PYTHON)"
	@$(PYTHON) -m venv --system-site-packages $(VENV)

.PHONY: apt
apt:
	@command -v apt-get >/dev/null || { echo "setup: $(PYTHON) lacks GNU Radio, venv or Gtk 3, and \
	there is no apt-get: install GNU Radio 3.10 with this system's packages, then run make again"; exit 1; }
	@if [ "$$(id -u)" = 0 ]; then run=env; \
	elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then run=sudo; \
	else echo "setup: type this as an administrator, then run make again:"; \
		echo "  apt-get update && apt-get install --no-install-recommends $(APT)"; exit 1; fi; \
	echo "setup: apt-get install $(APT)"; \
	$$run apt-get -qq update && $$run DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		install --no-install-recommends $(APT) >/dev/null
