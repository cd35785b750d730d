# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""PDUs keep every value; what is no PDU is refused in words."""

import numpy as np
import pytest

pmt = pytest.importorskip("pmt", reason="needs GNU Radio")

from gsc_sdr.blocks.pdu import mark, pack, read_mark, unpack
from gsc_sdr.errors import ShapeError

pytestmark = pytest.mark.radio
DTYPES = [np.uint8, np.float32, np.float64, np.complex64]
META = {"image_id": 7, "prompt": "grüß 漢 \x00", "snr_db": -1.5, "prompt_ok": True, "size": (2, 3)}


@pytest.mark.parametrize("n", [0, 1, 1000])
@pytest.mark.parametrize("dtype", DTYPES)
def test_values_and_metadata_come_back(rng, dtype, n):
    values = (100 * rng.random(n)).astype(dtype)
    meta, back = unpack(pack({**META, "more": values}, values))
    assert back.dtype == dtype
    assert np.array_equal(back, values)
    assert np.array_equal(meta.pop("more"), values)
    assert meta == META
    assert list(meta) == list(META)


@pytest.mark.parametrize("dtype", DTYPES)
def test_gnuradio_reads_the_same(rng, dtype):
    values = (100 * rng.random((4, 5))).astype(dtype)
    message = pack({"n": np.int64(4)}, values[:, ::2])
    assert pmt.to_python(pmt.car(message)) == {"n": 4}
    assert np.array_equal(pmt.to_python(pmt.cdr(message)), values[:, ::2].ravel())


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.complex64])
def test_gnuradios_own_pdus_are_read(dtype):
    values = np.arange(5).astype(dtype)
    meta, back = unpack(pmt.cons(pmt.PMT_NIL, pmt.to_pmt(values)))
    assert meta == {}
    assert np.array_equal(back, values)


def test_what_comes_back_can_be_written():
    back = unpack(pack({}, np.zeros(3, np.float32)))[1]
    back += 1
    assert back.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "bad",
    [
        pmt.intern("word"),
        pmt.from_long(3),
        pmt.PMT_NIL,
        pmt.cons(pmt.from_long(1), pmt.init_u8vector(1, [0])),
        pmt.cons(pmt.make_dict(), pmt.intern("word")),
        pmt.cons(pmt.make_dict(), pmt.init_s32vector(1, [0])),
        mark("idle", 3),
    ],
    ids=["symbol", "number", "nil", "no dictionary", "no vector", "integers", "mark"],
)
def test_what_is_no_pdu_is_refused(bad):
    with pytest.raises(ShapeError, match="expected"):
        unpack(bad)


def test_an_array_of_another_type_is_refused_by_name():
    with pytest.raises(ShapeError, match="complex128"):
        pack({}, np.zeros(3, np.complex128))


def test_marks_are_marks_and_nothing_else_is():
    assert read_mark(mark("idle", 2**40)) == ("idle", 2**40)
    assert read_mark(mark("end")) == ("end", 0)
    assert read_mark(pack({}, np.zeros(1, np.uint8))) is None
    assert read_mark(pack({"a": 1}, np.zeros(1, np.uint8))) is None
    assert read_mark(pmt.intern("idle")) is None
    assert read_mark(pmt.cons(pmt.intern("idle"), pmt.intern("word"))) == ("idle", 0)
