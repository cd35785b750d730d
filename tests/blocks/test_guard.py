# SPDX-License-Identifier: MIT
"""A guarded handler never raises, counts every loss and logs few."""

import logging

from gsc_sdr.blocks.guard import guarded


class Block:
    dropped = 0
    error = None
    closed = False

    def name(self):
        return "gsc_block"

    @guarded
    def handle(self, message):
        """Divide."""
        self.answer = 1 / message


def test_a_handler_that_works_is_left_alone():
    block = Block()
    block.handle(2)
    assert (block.answer, block.dropped, block.error) == (0.5, 0, None)


def test_gnuradio_finds_the_handler_by_its_name():
    assert Block.handle.__name__ == "handle"


def test_losses_are_counted_and_the_reason_is_kept():
    block = Block()
    for _ in range(3):
        block.handle(0)
    assert block.dropped == 3
    assert isinstance(block.error, ZeroDivisionError)


def test_only_every_doubling_is_logged(caplog):
    block = Block()
    with caplog.at_level(logging.WARNING):
        for _ in range(100):
            block.handle(0)
    assert [record.args[1] for record in caplog.records] == [1, 2, 4, 8, 16, 32, 64]
    assert "gsc_block dropped message 1: ZeroDivisionError" in caplog.text


def test_a_closed_block_passes_over_its_messages():
    block = Block()
    block.closed = True
    block.handle(0)
    assert block.dropped == 0
